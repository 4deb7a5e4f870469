"""Movie recommendations: training, versions, serving, feedback and pages."""
