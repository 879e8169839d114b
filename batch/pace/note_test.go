package pace

import (
	"testing"
	"time"
)

// What others leave of the account is nothing for the next run to begin with.
func TestWhatOthersLeaveIsNotKept(t *testing.T) {
	b := Bracket{Pace: 1, Lo: 1}
	if b.Note(time.Now()) == nil {
		t.Error("the pace is not kept")
	}
	b.Odd = oddRefusals
	if note := b.Note(time.Now()); note != nil {
		t.Errorf("kept %s", note)
	}
}
