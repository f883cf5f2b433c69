"""The strip of findings and the trial of a remedy, from a sick run to a healed one."""

from apptest import checked, finished, link_of, open_page, said

from pages.shared.export import MARKED
from pages.shared.trials import LEVELS

SICK = {"learning_rate": "10", "optimizer": "sgd", "epochs": "20"}


def test_a_sick_run_is_told_tried_and_healed():
    page = finished(open_page("classification", **SICK))
    checked(page)
    assert "Learning rate too high" in said(page)
    page = page.button(key="try_classification_0_1").click().run()
    checked(page)
    text = said(page).replace("\\", "")
    assert "over 5 seeds" in text and "learning rate 0.1" in text
    before = page.session_state["classification_run"].trainer
    page = page.button(key="keep_0").click().run()
    checked(page)
    assert page.select_slider(key="learning_rate").value == 0.1
    after = page.session_state["classification_run"].trainer
    assert after is not before and after.config.learning_rate == 0.1
    assert "trial_asked" not in page.session_state


def test_a_healthy_run_has_one_quiet_line():
    page = finished(open_page("classification", data="Gaussians", epochs="20"))
    checked(page)
    assert any("Healthy" in c.value for c in page.caption)
    assert not [b for b in page.button if (b.key or "").startswith("try_")]


def test_a_finding_marks_its_place_in_the_charts_and_clears_it():
    page = finished(open_page("classification", **SICK))
    plain = page.session_state[MARKED]
    page = page.button(key="mark_classification_0").click().run()
    place = page.session_state[MARKED]
    assert plain is None and place.steps is not None
    assert "Clear" in page.button(key="mark_classification_0").label
    page = page.button(key="mark_classification_0").click().run()
    checked(page)
    assert page.session_state[MARKED] is None


def test_a_comparison_names_its_sick_arms_quietly_and_keeps_a_remedy():
    settings = {"rate_count": "5", "seeds": "2", "epochs": "5", "optimizer": "sgd"}
    page = open_page("learning_rate", view="Many rates", **settings)
    checked(page)
    text = said(page)
    assert text.count("which ended worst") == 2  # the rate that is too high, and those too low
    assert "The run ended while the loss was still falling" in text
    assert not page.error and not page.warning
    page = page.button(key="keep_sweep_1_0").click().run()
    checked(page)
    assert page.select_slider(key="epochs").value > 5
    assert "".join(link_of(page)["epochs"]) == str(page.select_slider(key="epochs").value)


def test_a_trial_that_finds_an_unlucky_seed_offers_a_lucky_one():
    page = finished(open_page("classification", **SICK))
    run = page.session_state["classification_run"]
    levels = {0: 1.0, 1: 0.2, 2: 0.1, 3: 0.2, 4: 0.3}
    page.session_state[LEVELS] = (run.trainer.experiment, levels)
    page = checked(page.run())
    assert "4 of the 4 other seeds train with the very same settings" in said(page)
    page = checked(page.button(key="keep_classification_0_0").click().run())
    assert page.session_state["classification_run"].trainer.config.seed == 2
