import pytest

from zoo.evaluation import mode_coverage


@pytest.fixture(scope="module")
def few_images():
    """The accuracy of the classifier of shapes is measured on 24 images instead of 512."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mode_coverage, "REAL", 24)
        yield
