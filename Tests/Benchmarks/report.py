"""Tables, and what the medians must come to."""

from statistics import median

from measure import floor


def table(costs, digits=1):
    """Lines of a Markdown table: for each contestant medians over its rounds, and the quickest and slowest round."""
    lines = ["| | wall s | quickest, slowest | CPU s | peak MiB | rounds |", "|---|---|---|---|---|---|"]
    for name, rounds in costs.items():
        peak = max(cost.peak for cost in rounds)
        walls = [cost.wall for cost in rounds]
        about = "at most " if peak < floor() + 1 else ""
        lines.append(
            f"| {name} | {median(walls):.{digits}f} | {min(walls):.{digits}f}, {max(walls):.{digits}f} "
            f"| {median(c.cpu for c in rounds):.{digits}f} | {about}{peak:.0f} | {len(rounds)} |")
    return lines


class Targets:
    """Ratios of medians against what they must be. A target whose contestant is missing is neither met nor missed."""

    def __init__(self, costs):
        self.costs = costs
        self.lines = ["| target | measured | must be | |", "|---|---|---|---|"]
        self.missed = 0

    def at_least(self, words, peer, ours, bound, value="wall"):
        self._compare(words, peer, ours, bound, value, lambda ratio: ratio >= bound, "at least")

    def at_most(self, words, over, under, bound, value="wall"):
        self._compare(words, over, under, bound, value, lambda ratio: ratio <= bound, "at most")

    def peak(self, words, ours, bound):
        """The largest resident set of any round, in MiB."""
        if ours in self.costs:
            peak = max(cost.peak for cost in self.costs[ours])
            self._line(words, f"{peak:.0f} MiB", f"at most {bound} MiB", peak <= bound)
        else:
            self._line(words, "not measured", f"at most {bound} MiB", None)

    def _compare(self, words, over, under, bound, value, holds, kind):
        if over not in self.costs or under not in self.costs:
            self._line(words, "not measured", f"{kind} {bound:g}x", None)
            return
        ratio = (median(getattr(c, value) for c in self.costs[over])
                 / median(getattr(c, value) for c in self.costs[under]))
        self._line(words, f"{ratio:.2f}x", f"{kind} {bound:g}x", holds(ratio))

    def _line(self, words, measured, bound, met):
        verdict = {True: "pass", False: "FAIL", None: "-"}[met]
        self.missed += met is False
        self.lines.append(f"| {words} | {measured} | {bound} | {verdict} |")
