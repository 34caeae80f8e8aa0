from catalogue.models.categories import Category, CategoryCount
from catalogue.models.imports import ImportRun
from catalogue.models.listings import Lexeme, Listing, PastPrice

__all__ = ["Category", "CategoryCount", "ImportRun", "Lexeme", "Listing", "PastPrice"]
