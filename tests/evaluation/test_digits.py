import json
from dataclasses import replace

import pytest
import torch

from boltzmann.evaluation.digits import evaluate_images, quick
from boltzmann.evaluation.manifold import compare, reaches
from boltzmann.evaluation.reference import Reference


def blurred(images, width):
    profile = torch.exp(-0.5 * (torch.arange(-4, 5) / width).square())
    bell = (profile[:, None] * profile / profile.sum() ** 2)[None, None]
    return torch.nn.functional.conv2d(images.unsqueeze(1), bell, padding=4).squeeze(1).clamp(0, 1)


def noisy(images, amount):
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    return (images + amount * noise).clamp(0, 1)


@pytest.fixture(scope="module")
def fresh(fresh_images):
    return fresh_images[0].float() / 255


@pytest.fixture(scope="module")
def best(fresh, reference):
    """The figures of real images."""
    return evaluate_images(fresh, reference)


@pytest.fixture(scope="module")
def binary_reference(few_images, tmp_path_factory):
    train, test = ((images >= 128).to(torch.uint8) * 255 for images in (few_images.train, few_images.test))
    return Reference.load(replace(few_images, train=train, test=test), cache=tmp_path_factory.mktemp("binary"))


def test_real_images_are_at_the_floor(best):
    """Within a half of the floor, itself of 2,000 other real images; the other figures within 0.05 of theirs."""
    assert best.frechet_distance == pytest.approx(best.frechet_floor, rel=0.5)
    assert 0 < best.frechet_error < best.frechet_floor
    for name in ("precision", "recall", "density", "coverage"):
        assert getattr(best.manifold, name) == pytest.approx(getattr(best.real_manifold, name), abs=0.05)
    assert best.class_kl < 0.02
    assert best.confidence > 0.98
    assert best.confident > 0.97
    assert sum(best.class_histogram) == pytest.approx(1)


@pytest.mark.parametrize(("harm", "amounts"), [(blurred, (0.6, 1.0, 1.6, 2.5)), (noisy, (0.1, 0.2, 0.4, 0.8))])
def test_worse_images_are_farther(fresh, reference, best, harm, amounts):
    distances = [best.frechet_distance]
    distances += [quick(harm(fresh, amount), reference).frechet_distance for amount in amounts]
    assert distances == sorted(distances)
    assert distances[-1] > 20 * distances[0]


def test_missing_classes_are_seen(fresh_images, fresh, reference, best):
    """Fewer and fewer classes: farther from the real images, and from the uniform histogram by log(10 / classes)."""
    labels = fresh_images[1]
    distances = [best.frechet_distance]
    for classes in (7, 4, 1):
        kept = fresh[labels < classes]
        look = quick(kept.repeat(2000 // len(kept) + 1, 1, 1)[:2000], reference)
        distances.append(look.frechet_distance)
        assert look.class_kl == pytest.approx(torch.tensor(10 / classes).log().item(), abs=0.05)
    assert distances == sorted(distances)
    assert distances[1] > 2 * distances[0]


def test_a_single_class_has_little_variety_but_fidelity(fresh_images, fresh, reference, best):
    kept = fresh[fresh_images[1] == 3]
    found = evaluate_images(kept, reference).manifold
    assert found.precision > 0.9 * best.manifold.precision
    assert max(found.recall, found.coverage) < 0.2


@pytest.mark.parametrize("strength", [0.1, 0.3, 1.0])
def test_noise_is_not_taken_for_digits(reference, best, strength):
    """Uniform noise has a precision below 0.25, a coverage below 0.01 and a twentieth of real images' density or less."""
    noise = strength * torch.rand(2000, 28, 28, generator=torch.Generator().manual_seed(0))
    found = evaluate_images(noise, reference)
    assert found.manifold.density < 0.05 * best.manifold.density
    assert found.manifold.precision < 0.25
    assert found.manifold.coverage < 0.01
    assert found.frechet_distance > 20 * best.frechet_distance


def test_in_raw_features_faint_noise_would_pass_for_digits(reference, best):
    """Why features are normalised: precision above real images', and over half of their density."""
    noise = 0.1 * torch.rand(2000, 28, 28, generator=torch.Generator().manual_seed(0))
    raw = compare(reference.features, reference.classifier.read(noise).features, reaches(reference.features))
    assert raw.precision > best.manifold.precision
    assert raw.density > 0.5 * best.manifold.density


def test_remembered_images_are_seen(few_images, reference, best):
    """Training images lie at distance 0; real images that are not among them as far away as test images."""
    found = evaluate_images(few_images.train[:2000], reference)
    assert found.nearest_training_image.mean == 0
    assert best.nearest_training_image.mean == pytest.approx(best.test_nearest_training_image.mean, rel=0.05)
    assert 0 < best.nearest_training_image.percentile_1 < best.nearest_training_image.mean


def test_digits_are_read_as_asked(fresh_images, fresh, reference):
    labels = fresh_images[1]
    assert quick(fresh, reference).read_as_asked is None
    assert quick(fresh, reference, labels).read_as_asked > 0.98
    assert quick(fresh, reference, (labels + 1) % 10).read_as_asked < 0.02


def test_grey_and_binary_digits_are_compared_alike(fresh, fresh_images, binary_reference):
    assert (binary_reference.pixels, binary_reference.binary) == ("binary", True)
    grey = quick(fresh, binary_reference)
    assert grey.frechet_distance == pytest.approx(grey.frechet_floor, rel=0.5)
    assert quick(fresh_images[0], binary_reference) == grey
    assert quick((fresh_images[0] >= 128).float(), binary_reference) == grey


def test_the_frame_changes_no_figure(few_images, fresh, reference, tmp_path):
    def framed(images):
        return torch.nn.functional.pad(images, (2, 2, 2, 2))

    larger = Reference.load(
        replace(few_images, train=framed(few_images.train), test=framed(few_images.test)), cache=tmp_path
    )
    assert quick(framed(fresh), larger) == quick(fresh, reference)


def test_the_report_is_json_and_repeats(fresh, reference, best):
    report = best.report()
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert set(report) == {
        *("pixels", "count", "frechet_distance", "frechet_error", "frechet_floor", "manifold", "real_manifold"),
        *("class_histogram", "class_kl", "confidence", "confident", "read_as_asked"),
        *("nearest_training_image", "test_nearest_training_image"),
    }
    assert set(report["manifold"]) == {"precision", "recall", "density", "coverage"}
    assert set(report["nearest_training_image"]) == {"mean", "percentile_1"}
    assert (report["pixels"], report["count"], len(report["class_histogram"])) == ("grey", 2000, 10)
    assert evaluate_images(fresh, reference).report() == report
    assert set(quick(fresh, reference).report()) < set(report)


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (torch.zeros(2000, 32, 32), None, r"of \(28, 28\)"),
        (torch.zeros(100, 28, 28), None, "at least 200"),
        (torch.full((2000, 28, 28), 2.0), None, "outside"),
        (torch.zeros(2000, 28, 28), torch.zeros(10), r"take \(2000,\)"),
    ],
)
def test_what_cannot_be_judged_is_refused(reference, images, labels, words):
    with pytest.raises(ValueError, match=words):
        evaluate_images(images, reference, labels)


def test_a_quick_look_is_always_at_as_many(fresh, reference):
    with pytest.raises(ValueError, match="takes 2000"):
        quick(fresh[:1000], reference)
