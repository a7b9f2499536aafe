import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import openbeat.intake.states
import openbeat.kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("incidents", "0002_locks_and_lists"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Import",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=openbeat.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "uploaded"),
                            ("mapped", "mapped"),
                            ("checking", "checking"),
                            ("checked", "checked"),
                            ("importing", "importing"),
                            ("done", "done"),
                            ("failed", "failed"),
                            ("withdrawn", "withdrawn"),
                            ("discarded", "discarded"),
                        ],
                        default=openbeat.intake.states.State["UPLOADED"],
                        max_length=12,
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("file", models.CharField(blank=True, max_length=255)),
                ("file_name", models.CharField(max_length=255)),
                ("size", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("found", models.JSONField(default=dict)),
                ("doubts", models.JSONField(default=list)),
                ("profile", models.JSONField(null=True)),
                ("report", models.JSONField(null=True)),
                ("rows_new", models.PositiveIntegerField(null=True)),
                ("rows_changed", models.PositiveIntegerField(null=True)),
                ("rows_same", models.PositiveIntegerField(null=True)),
                ("rows_refused", models.PositiveIntegerField(null=True)),
                ("rows_left_out", models.PositiveIntegerField(null=True)),
                ("failure", models.TextField(blank=True)),
                ("withdrawn_why", models.TextField(blank=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="imports", to="accounts.agency"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="imports",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "batch",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="incidents.batch"
                    ),
                ),
                (
                    "mends",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mended_by",
                        to="intake.import",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RefusedRow",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=openbeat.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("row", models.PositiveIntegerField()),
                ("reason", models.CharField(max_length=24)),
                ("detail", models.TextField()),
                ("fields", models.JSONField()),
                (
                    "agency",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.agency",
                    ),
                ),
                (
                    "mended_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="intake.import"
                    ),
                ),
                (
                    "of",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refused",
                        to="intake.import",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SavedProfile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=openbeat.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=64)),
                ("title", models.CharField(max_length=160)),
                ("toml", models.TextField()),
                ("made_at", models.DateTimeField()),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="profiles", to="accounts.agency"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="import",
            index=models.Index(fields=["agency", "-made_at"], name="import_newest"),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "state__in",
                            [
                                openbeat.intake.states.State["MAPPED"],
                                openbeat.intake.states.State["CHECKED"],
                                openbeat.intake.states.State["IMPORTING"],
                                openbeat.intake.states.State["DONE"],
                            ],
                        ),
                        _negated=True,
                    ),
                    ("profile__isnull", False),
                    _connector="OR",
                ),
                name="import_mapped_has_profile",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "state__in",
                            [openbeat.intake.states.State["DONE"], openbeat.intake.states.State["WITHDRAWN"]],
                        ),
                        _negated=True,
                    ),
                    models.Q(("batch__isnull", False), ("rows_new__isnull", False)),
                    _connector="OR",
                ),
                name="import_done_has_batch_and_counts",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", openbeat.intake.states.State["FAILED"]), _negated=True),
                    models.Q(("failure", ""), _negated=True),
                    _connector="OR",
                ),
                name="import_failed_with_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", openbeat.intake.states.State["WITHDRAWN"]), _negated=True),
                    models.Q(("withdrawn_why", ""), _negated=True),
                    _connector="OR",
                ),
                name="import_withdrawn_with_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="refusedrow",
            constraint=models.UniqueConstraint(fields=("of", "row"), name="refused_row_once"),
        ),
        migrations.AddConstraint(
            model_name="savedprofile",
            constraint=models.UniqueConstraint(fields=("agency", "name"), name="saved_profile_once"),
        ),
    ]
