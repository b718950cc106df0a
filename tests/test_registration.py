"""Every class that Keras can look up by name has a name of its own."""

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def registered():
    """Registered names of all classes in zoo/, such as "zoo>AttnGAN"."""
    for path in sorted((ROOT / "zoo").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                for decorator in node.decorator_list:
                    if "register_keras_serializable" in ast.unparse(decorator):
                        yield f"{ast.literal_eval(decorator.args[0])}>{node.name}"


def test_no_name_is_registered_twice():
    names = list(registered())
    assert len(names) > 80
    assert [name for name, count in Counter(names).items() if count > 1] == []
