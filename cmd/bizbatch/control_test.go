//go:build unix

package main

import (
	"testing"

	"bizbatch/internal/sandbox"
)

// The control of every test that asks the ledger: a runner that asks again what
// is answered, here because it has lost its checkpoint, is found out.
func TestTheLedgerShowsWhatIsPaidTwice(t *testing.T) {
	v := served(t, sandbox.Options{Shape: sandbox.Short})
	if err := writeRows(v.path("q.csv"), 3); err != nil {
		t.Fatal(err)
	}
	for round, lost := range []string{"one.bizbatch", "two.bizbatch"} {
		v.run("run", "--no-reuse", "--checkpoint", lost, "q.csv")
		st, err := statusAt(v.path(lost))
		if err != nil {
			t.Fatal(err)
		}
		once, even := chargedOnce(v.server.Ledger(), st), balanced(v.server.Ledger(), st)
		if foundOut := once != nil && even != nil; foundOut != (round == 1) || (once == nil) != (even == nil) {
			t.Errorf("after run %d: charged once: %v; balanced: %v", round+1, once, even)
		}
	}
}
