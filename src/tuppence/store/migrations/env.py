"""What Alembic runs: the scripts beside this file, on the connection that store/migrations was given.

The caller has begun the transaction and commits it, so that a migration happens as a whole or not at all.
"""

from alembic import context

from tuppence.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
