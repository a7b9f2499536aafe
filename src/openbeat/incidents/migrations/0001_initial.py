import django.db.models.deletion
from django.db import migrations, models

import openbeat.incidents.rules
import openbeat.kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Batch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=openbeat.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                ("file_name", models.CharField(max_length=255)),
                ("sha256", models.CharField(max_length=64)),
                ("profile", models.CharField(max_length=64)),
                ("fields", models.JSONField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.agency"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="OffenceClass",
            fields=[
                ("id", models.CharField(max_length=12, primary_key=True, serialize=False)),
                ("scheme", models.CharField(choices=[("NIBRS", "NIBRS"), ("ICCS", "ICCS")], max_length=8)),
                ("code", models.CharField(max_length=8)),
                ("name", models.CharField(max_length=120)),
                ("group", models.CharField(blank=True, max_length=1)),
                ("against", models.CharField(blank=True, max_length=8)),
                ("iccs", models.CharField(blank=True, max_length=2)),
                ("federal_only", models.BooleanField(default=False)),
                ("valid_from", models.DateField(null=True)),
                ("valid_to", models.DateField(null=True)),
                ("reported_by_victims", models.BooleanField()),
                ("reason", models.CharField(max_length=200)),
            ],
            options={
                "ordering": ("scheme", "code"),
                "constraints": [
                    models.UniqueConstraint(fields=("scheme", "code"), name="offence_class_once"),
                    models.UniqueConstraint(fields=("id", "reported_by_victims"), name="offence_class_and_reported"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reported_by_victims", False),
                            models.Q(("scheme", openbeat.incidents.rules.Scheme["NIBRS"]), _negated=True),
                            models.Q(("against__in", ["person", "property"]), ("group", "A")),
                            _connector="OR",
                        ),
                        name="offence_class_patrol_discovered_not_reported",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None),
                            ("valid_from", None),
                            ("valid_to__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="offence_class_ends_after_start",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=openbeat.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("title", models.CharField(max_length=160)),
                ("licence", models.CharField(blank=True, max_length=160)),
                ("attribution", models.TextField(blank=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sources", to="accounts.agency"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LocalCode",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=openbeat.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("code", models.CharField(max_length=200)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("patrol_found", models.BooleanField(default=False)),
                ("incidents", models.PositiveIntegerField(default=0)),
                ("arrests_told", models.PositiveIntegerField(default=0)),
                ("arrests", models.PositiveIntegerField(default=0)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.agency"
                    ),
                ),
                (
                    "offence_class",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incidents.offenceclass",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="local_codes", to="incidents.source"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Incident",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=openbeat.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("source_key", models.CharField(db_collation="C", max_length=210)),
                ("provenance", models.JSONField(default=dict)),
                ("fingerprint", models.CharField(db_collation="C", max_length=24)),
                ("local_code", models.CharField(max_length=200)),
                ("patrol_found", models.BooleanField(default=False)),
                ("occurred_from", models.DateTimeField()),
                ("occurred_to", models.DateTimeField(null=True)),
                (
                    "precision",
                    models.CharField(
                        choices=[("minute", "minute"), ("hour", "hour"), ("day", "day"), ("month", "month")],
                        max_length=6,
                    ),
                ),
                ("day", models.DateField()),
                ("hour", models.PositiveSmallIntegerField(null=True)),
                ("reported_at", models.DateTimeField(null=True)),
                ("lon", models.FloatField(null=True)),
                ("lat", models.FloatField(null=True)),
                ("cell", models.BigIntegerField(null=True)),
                ("area_hint", models.CharField(max_length=120, null=True)),
                ("arrest", models.BooleanField(null=True)),
                ("domestic", models.BooleanField(null=True)),
                (
                    "agency",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.agency",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incidents",
                        to="incidents.batch",
                    ),
                ),
                (
                    "offence_class",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incidents.offenceclass",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incidents.source",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="batch",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="batches", to="incidents.source"
            ),
        ),
        migrations.CreateModel(
            name="Version",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=openbeat.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                ("before", models.JSONField()),
                ("provenance", models.JSONField(default=dict)),
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
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="incidents.batch"
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="incidents.incident"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.UniqueConstraint(fields=("agency", "name"), name="source_once"),
        ),
        migrations.AddConstraint(
            model_name="localcode",
            constraint=models.UniqueConstraint(fields=("source", "code"), name="local_code_once"),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(fields=["agency", "-occurred_from", "-id"], name="incident_newest"),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(fields=["agency", "offence_class", "day", "hour"], name="incident_counted"),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.UniqueConstraint(
                fields=("agency", "source", "source_key"), name="incident_once_a_source"
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cell", None), ("lat", None), ("lon", None)),
                    models.Q(
                        ("cell__isnull", False),
                        ("lat__isnull", False),
                        ("lat__range", (-90, 90)),
                        ("lon__isnull", False),
                        ("lon__range", (-180, 180)),
                    ),
                    _connector="OR",
                ),
                name="incident_place_whole_or_none",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("occurred_to", None), ("occurred_to__gte", models.F("occurred_from")), _connector="OR"
                ),
                name="incident_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("hour__isnull", False), ("hour__range", (0, 23)), ("precision__in", ["minute", "hour"])),
                    models.Q(("hour", None), ("precision__in", ["day", "month"])),
                    _connector="OR",
                ),
                name="incident_hour_only_where_told",
            ),
        ),
    ]
