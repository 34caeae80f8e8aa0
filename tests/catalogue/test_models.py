def test_x(db):
    from catalogue.models import Category
    assert Category.objects.count() == 9457
