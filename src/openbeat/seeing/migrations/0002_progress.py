from django.db import migrations, models

from openbeat.seeing.locks import row_lock


class Migration(migrations.Migration):
    dependencies = [("seeing", "0001_reach")]
    operations = [
        migrations.CreateModel(
            name="Progress",
            fields=[
                ("thing_id", models.UUIDField(primary_key=True, serialize=False)),
                ("agency_id", models.UUIDField()),
                ("share", models.FloatField(default=0)),
                ("words", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                ("stop_asked", models.BooleanField(default=False)),
            ],
        ),
        row_lock("seeing_progress"),
    ]
