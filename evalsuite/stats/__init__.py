"""Statistics for two models that answered the same questions: counts in, frozen results out.

Everything is in fractions, ``gain`` is always trained minus base, ``losses`` are questions only
the base model answered correctly and ``gains`` those only the trained model did. A name loads its
module when first used, so importing this package loads neither numpy nor scipy.

Two worked examples, which are how this project began.

**20% -> 40% on 5 questions.** One more correct answer of five can come about in two ways: the
trained model kept the old one and gained one, or it lost it and gained two. In both, the exact
p-value is 1, and with five questions no outcome whatever reaches .05:

>>> from evalsuite import stats
>>> stats.mcnemar(losses=0, gains=1).pvalue, stats.mcnemar(losses=1, gains=2).pvalue
(1.0, 1.0)
>>> stats.mcnemar(losses=0, gains=5).pvalue
0.0625
>>> for table in ((1, 0, 1, 3), (0, 1, 2, 2)):
...     interval = stats.difference_interval(*table)
...     print(f"{100 * interval.low:.1f} to {100 * interval.high:.1f} points")
-32.1 to 62.4 points
-44.5 to 69.7 points

To see 20% -> 40% with 80% power takes 39 questions if training breaks nothing, 91 if the two
models' answers are unrelated, and more than that if they differ as often as they can:

>>> [stats.required_questions(p_loss, p_loss + 0.2) for p_loss in (0.0, 0.12, 0.2)]
[39, 91, 124]

**55% -> 50% on 20 questions.** One fewer correct answer of twenty can come about in ten ways, from
one loss and no gain to ten losses and nine gains. The exact p-value is 1 in all ten, and neither
a loss nor "no change" can be claimed from any:

>>> {stats.mcnemar(losses=gains + 1, gains=gains).pvalue for gains in range(10)}
{1.0}
>>> for gains in (0, 9):
...     interval = stats.difference_interval(10 - gains, gains + 1, gains, 9 - gains)
...     print(f"{100 * interval.low:.1f} to {100 * interval.high:.1f} points")
-23.6 to 11.9 points
-43.5 to 35.0 points
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
