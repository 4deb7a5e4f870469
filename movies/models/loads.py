"""What is kept of each load of a release, for those who run the site."""

from typing import ClassVar

from django.db import models


class Load(models.Model):
    """How one load went: written with what it loaded or, if it loaded nothing, after everything was undone."""

    class Outcome(models.TextChoices):
        LOADED = "loaded"
        REFUSED = "refused"
        INTERRUPTED = "interrupted"
        FAILED = "failed"

    source = models.CharField(max_length=255, help_text="The name of the folder or zip.")
    started_at = models.DateTimeField()
    seconds = models.FloatField()
    outcome = models.CharField(max_length=12, choices=Outcome)
    error = models.TextField(blank=True, help_text="Why nothing was loaded.")
    files = models.JSONField(default=list, help_text="`file`, `read` and `refused` rows of each file read to its end.")
    written = models.JSONField(default=list, help_text="`kind`, and rows of it `added`, `changed` and `unchanged`.")
    reasons = models.JSONField(default=list, help_text="`reason` and refused `rows`, the most frequent first.")
    examples = models.JSONField(default=list, help_text="The first rows refused, each as “file:line: reason”.")

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.source

    @property
    def refused(self) -> int:
        return sum(reason["rows"] for reason in self.reasons)

    @property
    def changed_nothing(self) -> bool:
        """It was all there already."""
        loaded = self.outcome == self.Outcome.LOADED
        return loaded and not any(rows["added"] or rows["changed"] for rows in self.written)
