import django.db.models.deletion
from django.db import migrations, models

import openbeat.kernel.ids
from openbeat.seeing.locks import row_lock


class Migration(migrations.Migration):
    dependencies = [
        ("places", "0003_what_is_not_told_is_not_passed"),
        ("accounts", "0001_initial"),
        ("seeing", "0001_reach"),
    ]

    operations = [
        migrations.CreateModel(
            name="AreaStatistic",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=openbeat.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("agency_id", models.UUIDField()),
                ("name", models.CharField(max_length=80)),
                ("source", models.CharField(max_length=200)),
                ("values", models.JSONField()),
                ("residents", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField()),
                ("author_id", models.UUIDField(null=True)),
                (
                    "area_set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="statistics", to="places.areaset"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("area_set", "name"), name="area_statistic_once_a_set"),
                    models.CheckConstraint(
                        condition=models.Q(("source", ""), _negated=True), name="area_statistic_names_its_source"
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE places_areastatistic ADD CONSTRAINT places_areastatistic_of_agency"
            " FOREIGN KEY (agency_id) REFERENCES accounts_agency (id);"
            "CREATE INDEX places_areastatistic_agency ON places_areastatistic (agency_id);",
            "DROP INDEX places_areastatistic_agency;"
            "ALTER TABLE places_areastatistic DROP CONSTRAINT places_areastatistic_of_agency;",
        ),
        row_lock("places_areastatistic"),
    ]
