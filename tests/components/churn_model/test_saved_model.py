"""A saved model is the model that was saved, and nothing else is ever loaded."""

import json
import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.pipeline import FunctionTransformer

from components.churn_model import saved_model
from components.churn_model.examples import Examples
from components.churn_model.model import Recipe, fit
from components.shared.errors import StepError

AT = date(2025, 6, 1)


def sealed(folder: Path, content: bytes) -> None:
    """Replace the model, and have the manifest vouch for it."""
    (folder / saved_model.MODEL).write_bytes(content)
    rewrite(folder, sha256=saved_model.hashlib.sha256(content).hexdigest())


def rewrite(folder: Path, **changes: object) -> None:
    path = folder / saved_model.MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.fixture
def saved(many: Examples, tmp_path: Path) -> Path:
    saved_model.save(tmp_path, fit(many, Recipe.LINEAR, 90), None, {"as_of": "2025-06-01"})
    return tmp_path


@pytest.mark.parametrize("recipe", list(Recipe))
def test_a_loaded_model_predicts_the_same(many: Examples, tmp_path: Path, recipe: Recipe) -> None:
    served, judged = fit(many, recipe, 90), fit(many.take(np.arange(2400) % 2 == 0), recipe, 90)
    saved_model.save(tmp_path, served, judged, {"as_of": "2025-06-01"})
    loaded = saved_model.load(tmp_path)
    assert loaded.judged is not None
    for model, again in ((served, loaded.served), (judged, loaded.judged)):
        assert np.array_equal(again.predict(many.features, AT), model.predict(many.features, AT))
        probability, reasons = again.explain(many.features, AT)
        assert np.array_equal(probability, model.predict(many.features, AT))
        assert reasons.equals(model.explain(many.features, AT)[1])
        assert again.version == model.version
    assert loaded.manifest["as_of"] == "2025-06-01"


def test_a_model_with_other_members_is_refused(saved: Path) -> None:
    parts = skops.io.loads((saved / saved_model.MODEL).read_bytes())
    served = parts["served"]
    fewer = {name: part for name, part in served.items() if name != "season"}
    for other in (fewer, served | {"neighbours": None}, served | {"recipe": "MBG/NBD and neighbours"}):
        sealed(saved, skops.io.dumps(parts | {"served": other}))
        with pytest.raises(StepError, match="other members: train again"):
            saved_model.load(saved)


def test_a_saved_model_has_no_pickle(saved: Path) -> None:
    with zipfile.ZipFile(saved / saved_model.MODEL) as file:
        assert all(name.endswith((".npy", ".json")) for name in file.namelist())


def test_a_file_that_was_changed_is_refused(saved: Path) -> None:
    content = bytearray((saved / saved_model.MODEL).read_bytes())
    content[-1] ^= 1
    (saved / saved_model.MODEL).write_bytes(bytes(content))
    with pytest.raises(StepError, match="its hash differs"):
        saved_model.load(saved)


def test_a_model_with_other_features_is_refused(saved: Path) -> None:
    rewrite(saved, features=saved_model.NAMES[::-1])
    with pytest.raises(StepError, match="other features"):
        saved_model.load(saved)


def test_a_model_from_another_scikit_learn_is_refused(saved: Path) -> None:
    rewrite(saved, libraries=saved_model.LIBRARIES | {"scikit-learn": "1.0"})
    with pytest.raises(StepError, match="other libraries"):
        saved_model.load(saved)


def test_code_inside_a_model_is_refused_and_not_run(saved: Path) -> None:
    sealed(saved, skops.io.dumps({"served": FunctionTransformer(Path.unlink), "judged": None}))
    with pytest.raises(StepError, match=r"contains pathlib.*unlink"):
        saved_model.load(saved)


@pytest.mark.parametrize("manifest", ["", "[]", "{}"])
def test_a_folder_without_a_model_is_refused(tmp_path: Path, manifest: str) -> None:
    (tmp_path / saved_model.MANIFEST).write_text(manifest)
    with pytest.raises(StepError, match=r"holds no churn model|lacks"):
        saved_model.load(tmp_path)
    with pytest.raises(StepError, match="holds no churn model"):
        saved_model.load(tmp_path / "nowhere")
