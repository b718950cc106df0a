"""The installation. The version has one place, `zoo/version.py`."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
SERVE = ["grpcio>=1.60", "prometheus-client>=0.20", "starlette>=0.40", "uvicorn>=0.30"]


def version():
    """The text between the quotes of `__version__`; nothing is imported."""
    text = (ROOT / "zoo" / "version.py").read_text("utf-8")
    return re.search(r'__version__ = "([^"]+)"', text).group(1)


setup(
    name="conditional-gan-zoo",
    version=version(),
    description="Conditional GANs on TensorFlow and Keras 3, gathered around mode seeking",
    long_description=(ROOT / "README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE", "NOTICE"],
    python_requires=">=3.11,<3.14",  # TensorFlow 2.21 has wheels for these
    packages=find_packages(include=[
        "zoo", "zoo.*", "zoo_cli", "recipes", "recipes.*", "export", "export.*"
    ]),
    package_data={
        "zoo": ["models/*/README.md"],
        "export.server": ["page.html"],
        # The built-in presets: folders of files next to the code that reads them.
        "zoo.presets": ["*/*.json", "*/*.txt", "*/*.h5", "*/*.md", "*/*.png"],
    },
    entry_points={"console_scripts": ["zoo = zoo_cli.program:main"]},
    install_requires=[
        "tensorflow~=2.21.0",
        "keras>=3.15,<3.16",
        "tensorflow-text~=2.21.0,>=2.21.1",  # 2.21.0 cannot be imported
        "tensorflow-hub>=0.16.1",
        "setuptools<82",  # tensorflow-hub imports pkg_resources, which 82 no longer has
        "tensorboard>=2.20",  # TensorFlow no longer brings it
        "numpy",
        "h5py",
        "ml_dtypes",
        "absl-py",
        "ml_collections",
        "pillow",
    ],
    extras_require={
        "huggingface": ["huggingface_hub"],  # presets by hf://
        "kaggle": ["kagglehub"],  # presets by kaggle://
        "metrics": ["scikit-learn"],  # the clusters of NDB
        "text": ["keras-hub"],  # text encoders from Hugging Face's or KerasHub's files
        # the other sides of `make bench`; pytorch-fid calls what SciPy 1.18 no longer has
        "benchmark": ["torch", "torchvision", "pytorch-fid", "scipy<1.18", "scikit-learn"],
        "serve": SERVE,
        "demo": ["gradio>=6,<7"],  # zoo demo
        "site": ["mkdocs<2", "mkdocs-material<10", "mkdocstrings[python]"],  # make site
        "dev": [
            "hypothesis", "keras-hub", "pytest", "pytest-xdist", "ruff", "scikit-learn", *SERVE,
        ],
    },
    classifiers=[
        "Operating System :: POSIX",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
