"""The only package that speaks SQL. One module per table or group of tables."""

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError as DatabaseError

__all__ = ["Connection", "DatabaseError"]
