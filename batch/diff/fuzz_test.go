package diff_test

import (
	"strings"
	"testing"

	"bizbatch/batch/diff"
)

func FuzzCompare(f *testing.F) {
	texts := answers(f)
	for i, text := range texts {
		f.Add(text, texts[(i+1)%len(texts)])
		f.Add(text, strings.ToUpper(text))
	}
	f.Add("§§ 1(((a)-2, twenty-five hundred and", "| 1/1/1 | v. v. Act | $1-2 million\n- Rev. Proc.")
	f.Fuzz(func(t *testing.T, old, new string) {
		a, b := diff.Answer{Text: old}, diff.Answer{Text: new}
		if d := diff.Compare(a, a); d.Class != diff.Same || len(d.Changes) > 0 {
			t.Errorf("%q is %s as itself: %s", old, d.Class, d)
		}
		forth, back := diff.Compare(a, b), diff.Compare(b, a)
		if forth.Class != back.Class {
			t.Errorf("%q to %q is %s (%s), back it is %s (%s)", old, new, forth.Class, forth, back.Class, back)
		}
		var was, is strings.Builder
		for _, e := range diff.Words(old, new) {
			was.WriteString(e.Old)
			is.WriteString(e.New)
			if e.Equal && strings.Join(strings.Fields(e.Old), " ") != strings.Join(strings.Fields(e.New), " ") {
				t.Errorf("%q and %q are called equal", e.Old, e.New)
			}
		}
		if was.String() != old || is.String() != new {
			t.Errorf("the words of %q and %q are %q and %q", old, new, was.String(), is.String())
		}
	})
}
