from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("forecast", "0004_fairness"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="context",
            field=models.JSONField(default=list),
        ),
    ]
