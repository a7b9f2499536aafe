from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("forecast", "0003_the_verdict_is_told"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="fairness",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="peers",
            field=models.JSONField(default=list),
        ),
    ]
