import django.db.models.deletion
import openbeat.kernel.ids
import openbeat.patrol.standby.states
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_row_locks"),
        ("places", "0004_statistics"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="StandbyPlan",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=openbeat.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("title", models.CharField(max_length=160)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("running", "running"),
                            ("done", "done"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default=openbeat.patrol.standby.states.State["QUEUED"],
                        max_length=10,
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("asked", models.JSONField()),
                ("result", models.JSONField(null=True)),
                ("failure", models.TextField(blank=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="standby_plans", to="accounts.agency"
                    ),
                ),
                (
                    "area_set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="standby_plans", to="places.areaset"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="standby_plans_asked",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["agency", "-made_at"], name="standby_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", openbeat.patrol.standby.states.State["DONE"]), _negated=True),
                            models.Q(("finished_at__isnull", False), ("result__isnull", False)),
                            _connector="OR",
                        ),
                        name="standby_done_has_its_result",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", openbeat.patrol.standby.states.State["DONE"]),
                            ("result__isnull", True),
                            _connector="OR",
                        ),
                        name="standby_result_only_if_done",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", openbeat.patrol.standby.states.State["FAILED"]), _negated=True),
                            models.Q(("failure", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="standby_failed_with_words",
                    ),
                ],
            },
        ),
    ]
