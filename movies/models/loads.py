"""Reports of loads of MovieLens releases, for the admin."""

from typing import ClassVar

from django.db import models


class Load(models.Model):
    """Report of one load, written in its transaction or, if the load failed, after the rollback."""

    class Outcome(models.TextChoices):
        LOADED = "loaded"
        REFUSED = "refused"
        INTERRUPTED = "interrupted"
        FAILED = "failed"

    source = models.CharField(max_length=255, help_text="Name of the folder or zip.")
    started_at = models.DateTimeField()
    seconds = models.FloatField()
    outcome = models.CharField(max_length=12, choices=Outcome)
    error = models.TextField(blank=True, help_text="Why nothing was loaded.")
    files = models.JSONField(
        default=list, help_text="Per completely read file: `file`, rows `read` and rows rejected (`refused`)."
    )
    written = models.JSONField(
        default=list, help_text="Per `kind` of row: numbers of rows `added`, `changed` and `unchanged`."
    )
    reasons = models.JSONField(
        default=list, help_text="Per `reason`: number of rejected `rows`, most frequent reason first."
    )
    examples = models.JSONField(default=list, help_text="The first rejected rows, as “file:line: reason”.")

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.source

    @property
    def rejected(self) -> int:
        return sum(reason["rows"] for reason in self.reasons)

    @property
    def changed_nothing(self) -> bool:
        """Whether the database was up to date with the release already."""
        loaded = self.outcome == self.Outcome.LOADED
        return loaded and not any(rows["added"] or rows["changed"] for rows in self.written)
