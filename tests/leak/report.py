"""What a run found and how much it said."""
from minimise import statement_of
from transcript import DENIED, FAILED, NO_ROWS, ROWS


class Report:
    def __init__(self, runner):
        self.runner = runner
        self.findings = []

    def add(self, finding):
        """False when the same words were said already, by the other user or over the other protocol."""
        said = {"; ".join(statement_of(step) for step in each.conversation.steps) for each in self.findings}
        if "; ".join(statement_of(step) for step in finding.conversation.steps) in said:
            return False
        self.findings.append(finding)
        return True

    def share(self, outcome):
        return self.runner.outcomes[outcome] / max(1, self.runner.statements)

    def text(self, seconds=None):
        runner = self.runner
        lines = [f"{runner.statements:,} statements in {runner.conversations:,} conversations, to both twins"
                 + (f", {runner.statements / seconds:.0f} a second in each" if seconds else "")]
        lines += [f"  {100 * self.share(outcome):5.1f} %  {runner.outcomes[outcome]:>9,}  {outcome}" for outcome in (ROWS, NO_ROWS, FAILED, DENIED)]
        states = [(name.split()[1], number) for name, number in runner.outcomes.most_common() if name.startswith("sqlstate")]
        lines.append("  errors by SQLSTATE: " + ", ".join(f"{state} {number}" for state, number in states[:14]))
        forms = {}
        for family, number in runner.families.items():
            forms[family.split(":")[0]] = forms.get(family.split(":")[0], 0) + number
        lines.append("  conversations by form: " + ", ".join(f"{form} {number}" for form, number in sorted(forms.items(), key=lambda each: -each[1])))
        lines.append(f"  inconclusive (a statement ran into statement_timeout): {runner.inconclusive}")
        lines.append(f"  differences: {len(self.findings)}")
        return "\n".join(lines)
