import openbeat.forecast.states
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_row_locks"),
        ("forecast", "0002_locks"),
        ("places", "0002_locks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="run",
            name="forecast_offered_only_if_better_and_approved",
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", openbeat.forecast.states.State["OFFERED"]), _negated=True),
                    models.Q(
                        ("approved_at__isnull", False),
                        ("approved_by__isnull", False),
                        ("better", True),
                        ("better__isnull", False),
                        ("expires__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="forecast_offered_only_if_better_and_approved",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "state__in",
                            [openbeat.forecast.states.State["READY"], openbeat.forecast.states.State["NOT_BETTER"]],
                        ),
                        _negated=True,
                    ),
                    models.Q(("better", True), ("state", openbeat.forecast.states.State["READY"])),
                    models.Q(("better", False), ("state", openbeat.forecast.states.State["NOT_BETTER"])),
                    _connector="OR",
                ),
                name="forecast_state_tells_its_verdict",
            ),
        ),
    ]
