package check_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bizbatch/batch"
	"bizbatch/batch/check"
)

// What is found in the recorded answers is all true: the excerpts of Bizora's
// have no amount.
func TestRecordedAnswers(t *testing.T) {
	verdicts := map[string]string{
		"bizora":     "not in the excerpts: $1,250,000",
		"perplexity": "not compared: its sources came without excerpts",
	}
	files, err := filepath.Glob("../chat/testdata/*/answer.json")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var a batch.Answer
		if err := json.Unmarshal(b, &a); err != nil {
			t.Fatal(err)
		}
		service := filepath.Base(filepath.Dir(file))
		want := verdicts[service]
		if want == "" {
			want = "cites nothing"
		}
		if got := check.Of(&a, "What is section 179?").String(); got != want {
			t.Errorf("%s: %s, want %s", service, got, want)
		}
	}
}

// spaced has other white space between the words of a text than it had, from a
// few kinds in turn.
func spaced(text string, kinds ...string) string {
	var b strings.Builder
	for i, word := range strings.Split(text, " ") {
		if i > 0 {
			b.WriteString(kinds[i%len(kinds)])
		}
		b.WriteString(word)
	}
	return b.String()
}

// FuzzOf looks for an answer that brings the checks down, or whose verdict depends
// on the white space of the answer or of an excerpt.
func FuzzOf(f *testing.F) {
	f.Add("The limit is $1–2 million [1], “in § 179(b)”, 50% [1].", "the limit of § 179 is $1,000,000", "What is § 179?")
	f.Add("- It is [1] $5.\n| a | Form 4562 [1] |\n```\n$1 [1]\n", "Forms 4562 and W-2", "")
	f.Add("[7]【4:0†s】[^a] \"the quick [b]rown … fox\" [1]. Sec. 1.179-5T(c)-3 [1]!", "the quick\nbrown fox", "a fox?")
	f.Fuzz(func(t *testing.T, text, excerpt, asked string) {
		verdict := func(text, excerpt string) check.Verdict {
			a := answer(strings.ReplaceAll(text, "[1]", "{1}"), "A source|"+excerpt)
			return check.Of(a, asked)
		}
		want := verdict(text, excerpt)
		if want.String() == "" || want.OK != (len(want.Kinds()) == 0) {
			t.Errorf("%q: %+v", want, want)
		}
		if diff := cmp.Diff(want, verdict(text, excerpt)); diff != "" {
			t.Errorf("the second verdict differs:\n%s", diff)
		}
		if strings.Contains(text, "  ") || strings.ContainsAny(text, "\t\n\r`<") {
			return // what is at the beginning of a line, in code and in a tag has a meaning
		}
		text, excerpt = strings.TrimSpace(text), strings.TrimSpace(excerpt)
		want = verdict(text, excerpt)
		if diff := cmp.Diff(want, verdict(spaced(text, "  ", "\u00a0", " \t"), spaced(excerpt, "\n", "\t ", " ", " \n "))); diff != "" {
			t.Errorf("the white space of %q in %q changes the verdict:\n%s", text, excerpt, diff)
		}
	})
}

// Whatever a quotation and a figure are taken from, they are found there.
func TestWhatIsInAnExcerptIsNoFinding(t *testing.T) {
	word := rapid.SampledFrom([]string{"the", "limit", "shall", "§ 179(b)", "section 1.263(a)-3", "$1,000,000", "$2.5 million", "50 percent", "0.9%",
		"Form 4562", "(but not", "below zero)", "‘‘the", "fol-\nlowing", "de-\n21\nscribed", "1981—Pub. L. 97–34", "“term”"})
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(word, 5, 40).Draw(t, "excerpt")
		from := rapid.IntRange(0, len(words)-4).Draw(t, "from")
		to := rapid.IntRange(from+4, len(words)).Draw(t, "to")
		part := strings.Join(words[from:to], " ")
		part = strings.NewReplacer("-\n21\n", "", "-\n", "", "‘‘", "‘", "“", "‘", "”", "’").Replace(part)
		excerpt := "A source|" + strings.Join(words, " ")
		for _, text := range []string{"It says “" + part + "” {1}.", "It says " + part + " {1}."} {
			if v := check.Of(answer(text, excerpt), ""); !v.OK {
				t.Errorf("%q, of %q: %s", text, excerpt, v)
			}
		}
	})
}
