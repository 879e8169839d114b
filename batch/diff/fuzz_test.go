package diff_test

import (
	"regexp"
	"strings"
	"testing"

	"bizbatch/batch/diff"
)

// sign matches a sign that is in no word, and the spaces beside it.
var sign = regexp.MustCompile(`[\s\v\x{85}\pZ]*([^\pL\p{Nd}\s\v\x{85}\pZ'’%–-])[\s\v\x{85}\pZ]*`)

// spaced returns a text with one space between words and none beside signs: equal parts
// may differ in those.
func spaced(text string) string {
	return strings.Join(strings.Fields(sign.ReplaceAllString(text, "$1")), " ")
}

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
			if e.Equal && spaced(e.Old) != spaced(e.New) {
				t.Errorf("%q and %q are called equal", e.Old, e.New)
			}
		}
		if was.String() != old || is.String() != new {
			t.Errorf("the words of %q and %q are %q and %q", old, new, was.String(), is.String())
		}
	})
}
