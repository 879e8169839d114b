package check_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"bizbatch/batch"
	"bizbatch/batch/check"
)

// id is the node id of the nth source.
func id(n int) string { return fmt.Sprintf("%08x-9dc0-41d1-b245-5ffdce74fad2", n) }

// answer cites source n as {n}, and has those sources: of each its title, and its
// excerpt behind a bar.
func answer(text string, sources ...string) *batch.Answer {
	a := &batch.Answer{FinishReason: "stop"}
	a.Text = regexp.MustCompile(`\{(\d+)\}`).ReplaceAllStringFunc(text, func(m string) string {
		var n int
		fmt.Sscanf(m, "{%d}", &n)
		return "[" + id(n) + "]"
	})
	for i, s := range sources {
		title, excerpt, _ := strings.Cut(s, "|")
		source := batch.Source{"node_id": quote(id(i + 1)), "title": quote(title)}
		if excerpt != "" {
			source["text"] = quote(excerpt)
		}
		a.Sources = append(a.Sources, source)
	}
	return a
}

// notKept is an answer without its sources.
func notKept(a *batch.Answer) *batch.Answer {
	a.Sources, a.Kept = nil, batch.NoSources
	return a
}

// numbered is an answer of a service that cites its two sources by their numbers.
func numbered(text string) *batch.Answer {
	source := func(n, excerpt string) batch.Source {
		return batch.Source{"number": json.RawMessage(n), "url": quote("https://a.example/" + n), "text": quote(excerpt)}
	}
	return &batch.Answer{Text: text, FinishReason: "stop", Sources: []batch.Source{source("1", "shall not exceed $1,000,000"), source("2", "It is $6.")}}
}

func quote(s string) json.RawMessage {
	b, _ := json.Marshal(s)
	return b
}

const (
	// limits, as the excerpts of a statute, a bill and a publication come.
	code = "26 U.S.C. § 179|Title 26— INTERNAL REVENUE CODE § 179. Election to expense certain depreciable business assets (b) Limitations " +
		"(1) Dollar limitation The aggregate cost which may be taken into account under subsection (a) for any taxable year shall not exceed\n$1,000,000.\n\n\n" +
		"The limitation under paragraph (1) for any taxable year shall be reduced (but not below zero) by the amount by\nwhich the cost of section 179 property placed in service " +
		"during such taxable year exceeds $2,500,000. 50 percent of the cost shall be allocated to each such individual."
	bill = "H.R. 1|20\n(b) CARRYOVER\nOF UNUSED LIMITATION.—Section \n21\n45D(f)(3) is amended— \n22\n(1) by striking ‘‘If the’’ and inserting the fol-\n23\nlowing: \n" +
		"24\n‘‘(A) IN GENERAL.—No amount may be car-\n25\n423 \n† HR 1 EAS \nried under subparagraph (A) to any calendar \n1\nyear"
	notice = "Notice 2013-59|2\nunder § 179(b)(2) (the § 179(b)(2) limitation). Prior to the enactment of ATRA, the § \n179(b)(1) limitation was $500,000 for taxable years " +
		"beginning in 2010 and 2011. Computer software is tangible ﬁxed property de-\nscribed in § 179(d)(1)(A)(ii) and §§ 167 and 168(k)(1). File Form 4562 or Form 1040-SR. " +
		"The rates are 14.29 and 0.9 percent, 67 cents per mile, and 10 to 20 percent."
)

func TestVerdicts(t *testing.T) {
	for name, test := range map[string]struct {
		asked   string
		answer  *batch.Answer
		verdict string
	}{
		// What is not in the excerpts.
		"an invented quotation behind a real citation": {"", answer(`The Code says that "the limitation shall be doubled for any qualified farm" {1}.`, code),
			`not in the excerpts: "the limitation shall be doubled for any qualified farm"`},
		"in a sentence that cites nothing":              {"", answer(`The Code {1} has a limit. It reads “no limit applies at all”.`, code), `not in the excerpts: "no limit applies at all"`},
		"a quotation with one word changed":             {"", answer(`It “shall not surpass $1,000,000” {1}.`, code), `not in the excerpts: "shall not surpass $1,000,000"`},
		"a quotation whose parts come in another order": {"", answer(`It “shall not exceed … the aggregate cost” {1}.`, code), `not in the excerpts: "shall not exceed ... the aggregate cost"`},
		"a long one is shortened": {"", answer(`It “shall be doubled for every farm, every ranch and every vineyard in the United States” {1}.`, code),
			`not in the excerpts: "shall be doubled for every farm, every ranch and every vine…"`},
		"a changed figure":                                {"", answer(`The limit is $1,160,000 {1}.`, code), `not in the excerpts: $1,160,000`},
		"a changed figure in words":                       {"", answer(`The limit is $1.16 million, not 1.17 million dollars {1}.`, code), `not in the excerpts: $1.16 million, 1.17 million dollars`},
		"a figure in the title that a service gave":       {"", answer(`The limit is $1,220,000 under § 179(b)(1) {1}.`, "Limit of $1,220,000 under section 179|shall not exceed $1,000,000"), `not in the excerpts: $1,220,000`},
		"a figure of another source":                      {"", answer(`The limit is $1,000,000 {1}, once $500,000 {2}, and $1,000,000 {2}.`, code, notice), `ok`},
		"in the source of a sentence":                     {"", answer(`The limit is $1,000,000 {1}. Before, it was $1,000,000 {2}.`, code, notice), `not in the excerpts: $1,000,000`},
		"a changed percentage":                            {"", answer(`It is 60% {1}, or 60 percent {1}.`, code), `not in the excerpts: 60%, 60 percent`},
		"a changed section":                               {"", answer(`See § 179(b)(3) {1} and Treas. Reg. § 1.179-5(c) {2}.`, code, notice), `not in the excerpts: § 1.179-5(c)`},
		"a changed subdivision":                           {"", answer(`See § 168(k)(2) and Code Sec. 280F {1}.`, notice), `not in the excerpts: § 168(k)(2), § 280F`},
		"several sections":                                {"", answer(`See sections 167, 169 and 168(k) {1}, and §§ 179, 1250 {1}.`, notice), `not in the excerpts: § 169, § 1250`},
		"a changed form":                                  {"", answer(`File Form 4563, Forms 4562 and 8825, and Form W-2 {1}.`, notice), `not in the excerpts: Form 4563, Form 8825, Form W-2`},
		"more than are shown":                             {"", answer(`$11, $12, $13, $14, $15, $16 and $17, and again $17 {1}.`, code), `not in the excerpts: $11, $12, $13, $14, $15 and 2 more`},
		"each kind, in order":                             {"", answer(`The 7% of $3 on Form 9 under § 5 “are not told of anywhere” {1}.`, code), `not in the excerpts: "are not told of anywhere", § 5, Form 9, $3, 7%`},
		"a figure in a table":                             {"", answer("| Year | Limit |\n|---|---|\n| 2024 | $1,160,000 {1} |\n| 2025 | $9,000,000 |", code), `not in the excerpts: $1,160,000`},
		"a figure in an answer that is one block of code": {"", answer("```markdown\nThe limit is $1,160,000 {1}.\n```", code), `not in the excerpts: $1,160,000`},
		"behind a fence that nothing closes":              {"", answer("```IRC 61\nThe limit is $1,160,000 {1}.", code), `not in the excerpts: $1,160,000`},

		// Citations.
		"citations without a source": {"", answer(`Limit {1}, so {9}. It "is the amount that was never written" and $1,160,000 {1}. Also {8}.`, code),
			`2 of 3 citations have no source; not in the excerpts: "is the amount that was never written", $1,160,000`},
		"one, cited twice":            {"", answer(`Limit {1}, so {9}, so {9}.`, code), `1 of 2 citations has no source`},
		"no citation":                 {"", answer(`The limit is $1,160,000, says Form 9.`, code), `cites nothing`},
		"a footnote without a source": {"", answer("The limit is $5[^1].\n\n[^1]: Publication 946", code), `1 of 1 citations has no source`},
		"OpenAI's marks":              {"", answer("The limit is $5【4:0†source】, or $6【4:1†p946.pdf】.", code), `2 of 2 citations have no source`},
		"links":                       {"", answer("See [Publication 946](https://www.irs.gov/pub946).", code), `1 of 1 citations has no source`},
		"an enumeration is none":      {"", answer("It is (1) ordinary and (2) necessary, in [2024] and [sic].", code), `cites nothing`},

		// How it ended.
		"empty":                   {"", &batch.Answer{FinishReason: "stop"}, `empty`},
		"truncated":               {"", &batch.Answer{Text: "It dep", FinishReason: "length"}, `cut at the model's length limit; cites nothing`},
		"refused":                 {"", &batch.Answer{Text: "I cannot help.", FinishReason: "content_filter"}, `refused by the service's content filter`},
		"ended in an unknown way": {"", &batch.Answer{Text: "It depends.", FinishReason: "bored"}, `ended for an unknown reason: bored; cites nothing`},

		// What must not count.
		"all is there":                    {"", answer(`For 2024, "the aggregate cost which may be taken into account" under Section 179(b)(1) shall not exceed **$1,000,000** {1}.`, code), `ok`},
		"quotes, dashes, case and spaces": {"", answer("It “Title 26 - internal  revenue\u00a0code” says {1}.", code), `ok`},
		"a hyphen at the end of a line":   {"", answer(`It is “tangible fixed property described in” {1}.`, notice), `ok`},
		"the numbers of lines":            {"", answer(`It reads “inserting the following: ‘(A) In general’” {1}.`, bill), `ok`},
		"the foot of a page":              {"", answer(`It reads “No amount may be carried under subparagraph (A) to any calendar year” {1}.`, bill), `ok`},
		"an ellipsis":                     {"", answer(`It says “The aggregate cost … shall not exceed” and “the aggregate cost. . . under subsection (a) [...] $1,000,000” {1}.`, code), `ok`},
		"alterations in brackets":         {"", answer(`It says “[t]he limitation under paragraph (1) [of section 179(b)] … shall be reduced” {1}.`, code), `ok`},
		"emphasis within a quotation":     {"", answer(`It “shall **not** exceed _$1,000,000_” {1}.`, code), `ok`},
		"a citation within a quotation":   {"", answer(`It “shall not exceed $1,000,000 {1}”.`, code), `ok`},
		"words in quotes":                 {"", answer(`A “listed item” {1} and a "safe haven" {1}.`, code), `ok`},
		"inches and apostrophes":          {"", answer(`A 6" pipe, an owner's 12" pipe and the ‘80s {1}.`, code), `ok`},
		"a quote that is not closed":      {"", answer(`The "Code, which is the law, and "shall not exceed $1,000,000" {1}.`, code), `ok`},
		"quotes within quotes":            {"", answer(`It says "in § 179 "shall not exceed" $1,000,000" and “shall not exceed "$1,000,000"” {1}.`, code), `ok`},
		"a title in quotes":               {"", answer(`See “Publication 946, How To Depreciate Property” {1}.`, "Publication 946, How To Depreciate Property|Part II."), `ok`},
		"million and percent":             {"", answer(`It is $1 million, $1,000,000.00, $1.0M or USD 1,000,000, reduced from $2.5 million on, by 50% or 50 per cent {1}.`, code), `ok`},
		"a range":                         {"", answer(`From $1–2.5 million, $1 to $2.5 million or $1,000,000-$2,500,000 {1}, at 10–20%, 10% to 20% or 10 to 20 percent {2}.`, code, notice), `ok`},
		"numbers of a table":              {"", answer(`The rate is 14.29% {1}.`, notice), `ok`},
		"cents":                           {"", answer(`It is $0.67, or 67 cents, a mile {1}.`, notice), `ok`},
		"zero":                            {"", answer(`It is reduced to $0, or 0%, and not below $0.00 {1}.`, code), `ok`},
		"a section within another":        {"", answer(`See section 168(k), I.R.C. § 168(k)(1)(A), IRC 168, 26 U.S.C. 179(d)(1), Sec. 179(b) and §179(b)(2)(A) {1}.`, notice), `ok`},
		"the subdivisions of a section":   {"", answer(`See § 179(b)(5)(A) {1}.`, code), `ok`},
		"a form within another":           {"", answer(`See Form 1040 and Form 1040-SR {1}.`, notice), `ok`},
		"a form without the word":         {"", answer(`See Form 4562 and Form W-2 {1}.`, "Pub. 15, for W-2|Enter 4562 on line 3."), `ok`},
		"a form in the title":             {"", answer(`File Form 8829 {1}.`, "Instructions for Form 8829|Who must file"), `ok`},
		"years, dates and other numbers":  {"", answer(`In 2024, on April 15, Pub. 587, Rev. Proc. 2019-38 and Notice 2014-21 of 12 pages {1}.`, code), `ok`},
		"a sentence without a citation":   {"", answer(`The limit is $7,777,777. It is in the Code {1}. Then it is $8,888,888.`, code), `ok`},
		"a citation behind the full stop": {"", answer(`The limit is $1,000,000.{1} Before, it was $500,000. {2} It will be $9,000,000. {1} says nothing.`, code, notice), `ok`},
		"abbreviations end no sentence":   {"", answer(`In the U.S., Pub. L. No. 113-295 and Rev. Proc. 2024-40 of Acme Inc. say that $1,160,000 is it {1}.`, code), `not in the excerpts: $1,160,000`},
		"items of a list":                 {"", answer("- The limit is $9,000,000\n- and in the Code {1}\n1. $8,000,000\n2. {1}\n\n> $7,000,000\n\n{1}", code), `ok`},
		"a heading":                       {"", answer("## § 999 and $9,000,000\nIt is in the Code {1}.", code), `ok`},
		"code":                            {"", answer("It is {1}:\n\n```\nlimit = \"a value that is nowhere\" $9,000,000\n```\n", code), `ok`},
		"addresses":                       {"", answer("See [the page](https://www.irs.gov/section/999?form=Form%201&q=%249) and <https://a.example/$9> {1}.<br>", code), `ok`},
		"escapes and entities":            {"", answer(`It is \$1,000,000 and 50\%, in &sect;&nbsp;179 {1}.`, code), `ok`},
		"a note behind a number":          {"", answer(`It is $1,000,000¹ {1}.`, code), `ok`},

		// What was asked is no claim of the answer.
		"what was asked": {`We bought "a used corporate jet of 2019" for $4,800,000, at 80% business use; § 280F, Form 4797?`,
			answer(`With "a used corporate jet of 2019" for $4.8 million and 80 percent, § 280F(b) and Form 4797 apply {1}, and “… corporate jet of 2019” {1}.`, code), `ok`},

		// What cannot be compared.
		"no excerpt": {"", answer(`It “is an amount that nobody wrote”, $1,160,000 {1}.`, "Publication 946|"), `not compared: its sources came without excerpts`},
		"an excerpt of one of two": {"", answer(`The limit is $1,160,000 {1}{2}. It was $9 {1}. “But who would have said that” {1}{2}, and “nobody would have said that” {2}.`, code, "Publication 946|"),
			`not in the excerpts: $9; not compared: 1 of 2 citations (no excerpt)`},
		"sources that were not kept":   {"", notKept(answer(`It is $1,160,000 {1}{2}.`, code)), `not compared: its sources were not kept`},
		"a number without a source":    {"", numbered("It is $1,000,000 [1] or $5 [1][3]. In [2024] it was $7 [2]."), `1 of 3 citations has no source; not in the excerpts: $7`},
		"short words":                  {"", answer(`Is the limit $9,000,000? No. It is $1,000,000 {1}. That is all of Art. It is $9 {1}.`, code), `not in the excerpts: $9`},
		"a source that did not arrive": {"", answer(`The limit is $1,160,000 {9}.`, code), `1 of 1 citations has no source`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := check.Of(test.answer, test.asked).String(); got != test.verdict {
				t.Errorf("the verdict is\n\t%s, want\n\t%s", got, test.verdict)
			}
		})
	}
}
