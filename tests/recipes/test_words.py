"""Recipes report the vocabulary's coverage of captions, and stop if it is too low."""

import json

import pytest

from recipes import damsm
from tests.models.test_dcgan import NAMES, dcgan
from tests.support import tiny
from tests.training.test_data import folder_config, write_folder
from zoo.errors import ZooError
from zoo.training.config import to_plain
from zoo.training.data import TextToImageData
from zoo.training.run_folder import as_begun

CHINESE = ["一只红鸟", "一只蓝鸟", "红心", "蓝心"] * 3


def data(tmp_path, captions, **settings):
    write_folder(tmp_path / "train", captions)
    write_folder(tmp_path / "test", captions[:2])
    return TextToImageData(folder_config(tmp_path, **{"min_count": 1, **settings}))


def test_captions_in_chinese_have_words(tmp_path):
    found = data(tmp_path, CHINESE)
    model = tiny.damsm(vocabulary=found.vocabulary().tokens)
    assert found.describe(model) == (
        "images: 12, vocabulary: 6 words; it has all 36 words of 12 captions"
    )
    text = found.tokenizer(model).ragged(CHINESE[:1]).to_list()[0]
    assert [model.vocabulary.tokens[token] for token in text] == list("一只红鸟")


@pytest.mark.parametrize(
    ("captions", "settings", "message"),
    [
        (CHINESE, {"words": "ascii"}, 'according to the rule "ascii".*--config.data.words'),
        (["a red bird", "one blue heart"], {"min_count": 2}, "None of the 6 words of 2 captions"),
        (["!", "?!"], {}, "have no words according to the rule"),
        (["red"] * 2 + ["one two three", "four five six"], {"min_count": 2},
         "has 1 words, 6 of 8 words in 4 captions are not among them, and 2 captions keep none, "
         "such as 'one two three'.*--config.data.min_count=2"),
        (["red bird sings"] * 5 + ["鸟", "心"], {"words": "ascii"}, "2 captions keep none"),
    ],
)
def test_captions_that_lose_most_words_are_rejected(tmp_path, captions, settings, message):
    with pytest.raises(ZooError, match=message):
        data(tmp_path, captions, **settings).vocabulary()


def test_a_damsm_with_another_vocabulary_is_rejected(tmp_path):
    found = data(tmp_path, CHINESE)
    with pytest.raises(ZooError, match="already trained must know the words"):
        found.tokenizer(tiny.damsm())


def test_losses_are_counted(tmp_path):
    found = data(tmp_path, ["red bird"] * 9 + ["red zebra bird"], min_count=2, max_words=1)
    text = found.describe(tiny.damsm(vocabulary=found.vocabulary().tokens))
    assert "2 words; 1 of 10 captions lose 1 of 21 words" in text
    assert "10 captions are longer than max_words=1 and lose" in text


def test_a_model_without_text_needs_no_words(tmp_path):
    found = data(tmp_path, ["!"] * 4)
    found.tokenizer(tiny.stackgan_v2("none", compiled=False))


def test_an_older_run_resumes_with_its_vocabulary(tmp_path):
    config = damsm.get_config("emoji")
    assert config.data.words == "unicode"
    assert damsm.get_config("coco").data.words == damsm.get_config("birds").data.words == "ascii"
    assert as_begun(config, tmp_path).data.words == "unicode"
    begun = to_plain(config)
    (tmp_path / "config.json").write_text(json.dumps(begun))
    assert as_begun(config, tmp_path).data.words == "unicode"
    del begun["data"]["words"]
    (tmp_path / "config.json").write_text(json.dumps(begun))
    assert as_begun(config, tmp_path).data.words == "ascii"


# --- recipes.generate -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def models():
    return {"captions": tiny.dm_gan(compiled=False), "names": dcgan(False, class_names=NAMES)}


@pytest.mark.filterwarnings("ignore::zoo.errors.WordsLeftOut")
def test_generate_prints_ignored_words(call, tmp_path, capsys):
    more = ("--images_per_caption=1", f"--out={tmp_path}")
    call("--preset=captions", "--captions=a riding red circle;square", *more)
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith("Some words of the captions are ignored. Caption 1, ")
    assert '"riding"' in line
    call("--preset=captions", "--captions=red circle;square", *more)
    assert "Not all" not in capsys.readouterr().out
    call("--preset=captions", "--captions=red 圆", "--unknown=unk", *more)
    assert 'reads as <unk> "圆"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--preset=captions", "--captions=圆"], 'only unknown words: "圆"'),
        (["--preset=captions", "--caption=red \udce9"], "not UTF-8 text"),
        (["--preset=captions", "--caption=re\0d"], "the character NUL"),
        (["--preset=captions", "--captions=red;"], "Caption 2 is empty"),
        (["--preset=captions", "--captions=red", f"--seed={2**63 - 1}"], "the 3 after it are"),
        (["--preset=names", f"--labels={NAMES[0].upper()}"], f'Did you mean "{NAMES[0]}"'),
        (["--preset=names", "--labels=--5"], "no class '--5'"),
        (["--preset=names", "--labels=1.0"], "no class '1.0'"),
        (["--preset=names", f"--labels={10**30}"], "no class '1000"),
        (["--preset=names", "--labels=99"], "from 0 to"),
    ],
)
def test_generate_rejects(call, tmp_path, flags, message):
    with pytest.raises(ZooError, match=message):
        call(*flags, f"--out={tmp_path / 'out'}")
    assert not (tmp_path / "out").exists()
