"""Links to Learn from where a concept is met."""

from __future__ import annotations

import json

import pytest

from boltzmann.config.studies import READY_MADE
from boltzmann.ui.components.learn_links import GROUPS, LOSSES, learn_title, study_links
from boltzmann.ui.learn.topics import TOPICS


def addresses(node) -> list[str]:
    found = json.dumps(node, default=lambda one: one.to_plotly_json())
    return [part.split('"')[0] for part in found.split("/learn/")[1:]]


def test_every_topic_is_linked_from_somewhere_and_no_link_leads_nowhere():
    linked = {topic for groups in GROUPS.values() for pairs in groups.values() for _, topic in pairs} | set(
        LOSSES.values()
    )
    assert linked == set(TOPICS)
    with pytest.raises(KeyError):
        learn_title("Figures", "no-such-topic")


@pytest.mark.parametrize(
    ("study", "topics"),
    [("mode-assisted", ["contrastive-divergence", "mode-assisted"]), ("adaptive-beta", ["inverse-temperature"])],
)
def test_a_study_leads_to_what_its_arms_differ_in(study, topics):
    shown = study_links(READY_MADE[study])
    assert addresses(shown) == topics
    # No heading stands beside these links: the topic itself is named.
    words = json.dumps(shown, default=lambda one: one.to_plotly_json())
    assert all(f'"children": "{TOPICS[topic].title}"' in words for topic in topics)
