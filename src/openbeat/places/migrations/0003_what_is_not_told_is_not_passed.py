import openbeat.places.states
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("places", "0002_locks"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="basemap",
            name="basemap_ready_has_tiles",
        ),
        migrations.RemoveConstraint(
            model_name="streetnetwork",
            name="streets_or_stated_speed",
        ),
        migrations.AddConstraint(
            model_name="basemap",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", openbeat.places.states.State["READY"]), _negated=True),
                    models.Q(("tiles__gt", 0), ("tiles__isnull", False), ("west__isnull", False)),
                    _connector="OR",
                ),
                name="basemap_ready_has_tiles",
            ),
        ),
        migrations.AddConstraint(
            model_name="streetnetwork",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("extract__isnull", False), models.Q(("kmh__gt", 0), ("kmh__isnull", False)), _connector="OR"
                ),
                name="streets_or_stated_speed",
            ),
        ),
    ]
