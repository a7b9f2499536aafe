import django.db.models.deletion
import openbeat.forecast.warning.states
import openbeat.kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_row_locks"),
        ("incidents", "0002_locks_and_lists"),
        ("places", "0004_statistics"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Alarm",
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
                            ("new", "new"),
                            ("acknowledged", "acknowledged"),
                            ("linked", "linked"),
                            ("dismissed", "dismissed"),
                            ("closed", "closed"),
                        ],
                        default=openbeat.forecast.warning.states.AlarmState["NEW"],
                        max_length=12,
                    ),
                ),
                ("living", models.BooleanField(default=True)),
                ("near", models.CharField(max_length=160)),
                ("lon", models.FloatField()),
                ("lat", models.FloatField()),
                ("radius", models.FloatField()),
                ("cells", models.JSONField(default=list)),
                ("starts", models.DateField()),
                ("ends", models.DateField()),
                ("observed", models.PositiveIntegerField()),
                ("expected", models.FloatField()),
                ("statistic", models.FloatField()),
                ("p", models.FloatField()),
                ("recurrence", models.FloatField()),
                ("highest", models.FloatField()),
                ("timeline", models.JSONField(default=dict)),
                ("first_seen", models.DateField()),
                ("last_seen", models.DateField()),
                ("raised_at", models.DateTimeField()),
                (
                    "link_kind",
                    models.CharField(blank=True, choices=[("plan", "plan"), ("programme", "programme")], max_length=10),
                ),
                ("link_id", models.UUIDField(null=True)),
                ("link_words", models.CharField(blank=True, max_length=200)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("acted", "acted"),
                            ("known_cause", "known_cause"),
                            ("nothing_found", "nothing_found"),
                            ("false_alarm", "false_alarm"),
                            ("records", "records"),
                        ],
                        max_length=14,
                    ),
                ),
                ("outcome_words", models.TextField(blank=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="alarms", to="accounts.agency"
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                (
                    "became",
                    models.CharField(
                        choices=[
                            ("new", "new"),
                            ("acknowledged", "acknowledged"),
                            ("linked", "linked"),
                            ("dismissed", "dismissed"),
                            ("closed", "closed"),
                        ],
                        max_length=12,
                    ),
                ),
                ("words", models.TextField(blank=True)),
                (
                    "alarm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="warning.alarm"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Watch",
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
                        choices=[("proposed", "proposed"), ("watching", "watching"), ("paused", "paused")],
                        default=openbeat.forecast.warning.states.WatchState["PROPOSED"],
                        max_length=10,
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("radius", models.PositiveIntegerField()),
                ("days", models.PositiveSmallIntegerField()),
                ("least_interval", models.PositiveIntegerField()),
                ("least_cases", models.PositiveSmallIntegerField(default=3)),
                ("by_weekday", models.BooleanField(default=True)),
                ("approved_at", models.DateTimeField(null=True)),
                ("paused_why", models.TextField(blank=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="watches", to="accounts.agency"
                    ),
                ),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="watches_approved",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "area_set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="watches", to="places.areaset"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="watches_set_up",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Scan",
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
                        choices=[("queued", "queued"), ("running", "running"), ("done", "done"), ("failed", "failed")],
                        default=openbeat.forecast.warning.states.ScanState["QUEUED"],
                        max_length=8,
                    ),
                ),
                ("night", models.DateField()),
                ("nightly", models.BooleanField(default=True)),
                ("asked_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("cases", models.PositiveIntegerField(null=True)),
                ("clusters", models.PositiveIntegerField(null=True)),
                ("raised", models.PositiveIntegerField(null=True)),
                ("continued", models.PositiveIntegerField(null=True)),
                ("failure", models.TextField(blank=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="scans", to="accounts.agency"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "watch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="scans", to="warning.watch"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="alarm",
            name="watch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="alarms", to="warning.watch"
            ),
        ),
        migrations.CreateModel(
            name="WatchClass",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("reported_by_victims", models.BooleanField(default=True)),
                (
                    "offence_class",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="incidents.offenceclass"
                    ),
                ),
                (
                    "watch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="classes", to="warning.watch"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Sighting",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("night", models.DateField()),
                ("starts", models.DateField()),
                ("ends", models.DateField()),
                ("radius", models.FloatField()),
                ("observed", models.PositiveIntegerField()),
                ("expected", models.FloatField()),
                ("recurrence", models.FloatField()),
                (
                    "alarm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sightings", to="warning.alarm"
                    ),
                ),
                (
                    "scan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sightings", to="warning.scan"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("alarm", "scan"), name="sighting_once")],
            },
        ),
        migrations.AddIndex(
            model_name="watch",
            index=models.Index(fields=["agency", "-made_at"], name="watch_newest"),
        ),
        migrations.AddConstraint(
            model_name="watch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", openbeat.forecast.warning.states.WatchState["WATCHING"]), _negated=True),
                    models.Q(("approved_at__isnull", False), ("approved_by__isnull", False)),
                    _connector="OR",
                ),
                name="watch_watches_only_if_approved",
            ),
        ),
        migrations.AddConstraint(
            model_name="watch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("days__gt", 0), ("least_cases__gte", 2), ("least_interval__gt", 0), ("radius__gt", 0)
                ),
                name="watch_settings_sensible",
            ),
        ),
        migrations.AddIndex(
            model_name="scan",
            index=models.Index(fields=["watch", "-asked_at"], name="scan_newest"),
        ),
        migrations.AddConstraint(
            model_name="scan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("nightly", True)), fields=("watch", "night"), name="scan_of_a_night_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="scan",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            openbeat.forecast.warning.states.ScanState["QUEUED"],
                            openbeat.forecast.warning.states.ScanState["RUNNING"],
                        ],
                    )
                ),
                fields=("watch",),
                name="scan_under_way_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="scan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", openbeat.forecast.warning.states.ScanState["DONE"]), _negated=True),
                    models.Q(
                        ("cases__isnull", False),
                        ("clusters__isnull", False),
                        ("continued__isnull", False),
                        ("raised__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="scan_done_tells_what_it_found",
            ),
        ),
        migrations.AddConstraint(
            model_name="scan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", openbeat.forecast.warning.states.ScanState["FAILED"]), _negated=True),
                    models.Q(("failure", ""), _negated=True),
                    _connector="OR",
                ),
                name="scan_failed_with_words",
            ),
        ),
        migrations.AddIndex(
            model_name="alarm",
            index=models.Index(fields=["agency", "-raised_at"], name="alarm_newest"),
        ),
        migrations.AddIndex(
            model_name="alarm",
            index=models.Index(fields=["watch", "state"], name="alarm_followed"),
        ),
        migrations.AddConstraint(
            model_name="alarm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends__gte", models.F("starts")), ("expected__gte", 0), ("observed__gte", 1), ("radius__gte", 0)
                ),
                name="alarm_is_some_days_and_reports",
            ),
        ),
        migrations.AddConstraint(
            model_name="alarm",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_seen__gte", models.F("first_seen"))), name="alarm_last_seen_after_first"
            ),
        ),
        migrations.AddConstraint(
            model_name="alarm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "state__in",
                            [
                                openbeat.forecast.warning.states.AlarmState["DISMISSED"],
                                openbeat.forecast.warning.states.AlarmState["CLOSED"],
                            ],
                        ),
                        _negated=True,
                    ),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("ended_by__isnull", False),
                        ("outcome__gt", ""),
                        ("outcome_words__gt", ""),
                    ),
                    _connector="OR",
                ),
                name="alarm_ended_by_a_person_with_its_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="alarm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            openbeat.forecast.warning.states.AlarmState["DISMISSED"],
                            openbeat.forecast.warning.states.AlarmState["CLOSED"],
                        ],
                    ),
                    ("outcome", ""),
                    _connector="OR",
                ),
                name="alarm_open_has_no_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="alarm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", openbeat.forecast.warning.states.AlarmState["LINKED"]), _negated=True),
                    models.Q(("link_kind__gt", ""), ("link_words__gt", "")),
                    _connector="OR",
                ),
                name="alarm_linked_says_to_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="alarm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", openbeat.forecast.warning.states.AlarmState["CLOSED"]), _negated=True),
                    ("living", False),
                    _connector="OR",
                ),
                name="alarm_closed_lives_no_more",
            ),
        ),
        migrations.AddConstraint(
            model_name="watchclass",
            constraint=models.UniqueConstraint(fields=("watch", "offence_class"), name="watch_class_once"),
        ),
        migrations.AddConstraint(
            model_name="watchclass",
            constraint=models.CheckConstraint(
                condition=models.Q(("reported_by_victims", True)), name="watch_class_reported_by_victims"
            ),
        ),
    ]
