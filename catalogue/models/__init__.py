from catalogue.models.categories import Category, CategoryCount
from catalogue.models.imports import ImportRun
from catalogue.models.listings import Lexeme, Listing, PastPrice
from catalogue.models.uploads import Upload, UploadProgress

__all__ = [
    "Category",
    "CategoryCount",
    "ImportRun",
    "Lexeme",
    "Listing",
    "PastPrice",
    "Upload",
    "UploadProgress",
]
