from django.db import migrations, models
import marketplace.core.ids
from marketplace.core.tenancy import row_level_security

# What createcachetable would make: counters of sign-in attempts, kept by allauth.
CACHE = migrations.RunSQL(
    """
    CREATE UNLOGGED TABLE web_cache (
        cache_key varchar(255) NOT NULL PRIMARY KEY,
        value text NOT NULL,
        expires timestamp with time zone NOT NULL
    );
    CREATE INDEX web_cache_expires ON web_cache (expires);
    """,
    reverse_sql="DROP TABLE web_cache",
)


class Migration(migrations.Migration):
    initial = True

    dependencies = [("jobs", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=marketplace.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("organisation_id", models.UUIDField()),
                ("person_id", models.UUIDField()),
                ("key", models.CharField(max_length=255)),
                ("method", models.CharField(max_length=10)),
                ("path", models.CharField(max_length=2000)),
                ("fingerprint", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("body", models.TextField(blank=True, default="")),
                ("headers", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "idempotency key",
                "indexes": [models.Index(fields=["at"], name="idempotency_key_by_age")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation_id", "person_id", "key"),
                        name="idempotency_key_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__isnull", True),
                            models.Q(("status__gte", 200), ("status__lt", 300)),
                            _connector="OR",
                        ),
                        name="idempotency_key_only_success",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("key", ""), _negated=True),
                        name="idempotency_key_not_empty",
                    ),
                ],
            },
        ),
        CACHE,
        row_level_security("web_idempotencykey", "organisation_id = acting_organisation()"),
    ]
