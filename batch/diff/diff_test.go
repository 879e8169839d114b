package diff_test

import (
	"strings"
	"testing"

	"bizbatch/batch"
	"bizbatch/batch/diff"
)

// The rows read as sentences: an old answer, a new one, the class and what is told.
func TestCompare(t *testing.T) {
	for _, test := range []struct {
		name, old, new string
		class          diff.Class
		what           string
	}{
		{"equal texts", "The limit is $1,160,000.", "The limit is $1,160,000.", diff.Same, ""},
		{"nothing and nothing", "", "", diff.Same, ""},
		{"white space", "The limit is\n$1,160,000.", "The  limit is $1,160,000. ", diff.Same, ""},
		{"punctuation", "The limit, however, is $5.", "The limit however is $5", diff.Same, ""},
		{"quotes and dashes", "a “placed in service” rule – see § 179", "a \"placed in service\" rule - see § 179", diff.Same, ""},
		{"Markdown marks", "**Limit**\n\n- The limit is `$5`.", "Limit\n\n* The limit is $5.", diff.Same, ""},
		{"case", "The Limit is $5.", "the limit is $5.", diff.Same, ""},
		{"other words", "The deduction is capped at $5.", "The write-off is limited to $5.", diff.Reworded, ""},
		{"sentences in another order", "It is $5. It ends on May 1, 2026.", "It ends on May 1, 2026. It is $5.", diff.Reworded, ""},
		{"a full stop that is no punctuation", "The rate is 1.5%.", "The rate is 15%.", diff.Changed, "1.5% → 15%"},

		{"an amount", "The limit is $1,160,000.", "The limit is $1,250,000.", diff.Changed, "$1,160,000 → $1,250,000"},
		{"an amount among other words", "The cap for 2024 is $1,160,000 a year.", "In 2024 you may deduct up to $1,250,000 each year.", diff.Changed, "$1,160,000 → $1,250,000"},
		{"an amount in millions", "The limit is $1.25 million.", "The limit is $1,250,000.", diff.Reworded, ""},
		{"an amount in words", "up to five thousand dollars", "up to $5,000", diff.Reworded, ""},
		{"an amount that is said twice", "The limit is $5.", "The limit is $5. So you may deduct $5.", diff.Reworded, ""},
		{"an amount that is no longer said twice", "The limit is $5, yes, $5.", "The limit is $5.", diff.Reworded, ""},
		{"an amount in a table without its sign", "The limit is $1,160,000.", "| Limit |\n|---|\n| 1,160,000 |", diff.Reworded, ""},
		{"a new amount", "There is a limit.", "There is a limit of $5,000.", diff.Changed, "new: $5,000"},
		{"an amount that is gone", "There is a limit of $5,000.", "There is a limit.", diff.Changed, "gone: $5,000"},
		{"two amounts that changed places", "Single: $10. Joint: $20.", "Single: $20. Joint: $10.", diff.Changed, "$10 → $20; $20 → $10"},
		{"two amounts in one sentence that changed places", "It is $10 for one and $20 for two.", "It is $20 for one and $10 for two.", diff.Changed, "$10 → $20; $20 → $10"},
		{"rows of a table in another order", "| 2024 | $10 |\n| 2025 | $20 |", "| 2025 | $20 |\n| 2024 | $10 |", diff.Reworded, ""},
		{"a percentage", "80% of the cost", "60 percent of the cost", diff.Changed, "80% → 60 percent"},
		{"a percentage in words", "eighty percent of the cost", "80% of the cost", diff.Reworded, ""},
		{"a unit", "a fee of $5", "a fee of 5%", diff.Changed, "gone: $5; new: 5%"},
		{"a number", "property with a 5-year recovery period", "property with a 7-year recovery period", diff.Changed, "5 → 7"},
		{"a number in words", "a five-year recovery period", "a 5-year recovery period", diff.Reworded, ""},
		{"a larger number in words", "within one hundred and eighty days", "within 180 days", diff.Reworded, ""},
		{"twenty-five in words", "twenty-five percent", "25%", diff.Reworded, ""},
		{"one year", "within one year", "within 1 year", diff.Reworded, ""},
		{"one that counts nothing", "This is one of the tests.", "This is a test.", diff.Reworded, ""},
		{"an ordinal", "the fifteenth day of the fourth month", "the 15th day of the 4th month", diff.Reworded, ""},
		{"another ordinal", "the 15th day of the 4th month", "the 15th day of the 3rd month", diff.Changed, "4th → 3rd"},
		{"first that counts nothing", "First, file the form.", "File the form.", diff.Reworded, ""},
		{"half", "one-half of the tax", "half of the tax", diff.Reworded, ""},
		{"half in percent", "Meals are 50 percent deductible.", "Half of meals (50%) is deductible.", diff.Reworded, ""},
		{"half a percent", "one-half percent of the tax", "0.5% of the tax", diff.Reworded, ""},
		{"another ordinal in words", "in the first year", "in the second year", diff.Changed, "1st → 2nd"},
		{"a year", "for tax year 2024", "for tax year 2025", diff.Changed, "2024 → 2025"},
		{"the numbers of a list", "1. Cost\n2. Basis", "- Cost\n- Basis", diff.Reworded, ""},
		{"numbers within a sentence", "if (1) it is new and (2) it is used", "if it is new and it is used", diff.Reworded, ""},
		{"steps", "Step 1: file it.", "File it.", diff.Reworded, ""},
		{"a number that is repeated in figures", "within two (2) years", "within 2 years", diff.Reworded, ""},

		{"numbers of citations", "It is so [1].", "It is so, they say [12].", diff.Reworded, ""},
		{"years from and to", "for 2018 through 2025", "in the years 2018-2025", diff.Reworded, ""},
		{"a date in another form", "by December 31, 2025", "by 12/31/2025", diff.Reworded, ""},
		{"a date with the day first", "by December 31, 2025", "by 31 December 2025", diff.Reworded, ""},
		{"a date in short", "by Dec. 31, 2025", "by 2025-12-31", diff.Reworded, ""},
		{"another day", "after January 19, 2025", "after January 20, 2025", diff.Changed, "January 19, 2025 → January 20, 2025"},
		{"a day without a year", "by April 15", "by March 15", diff.Changed, "April 15 → March 15"},
		{"a day with its ordinal", "by April 15", "by April 15th", diff.Reworded, ""},
		{"a month", "from January 2025", "from July 2025", diff.Changed, "January 2025 → July 2025"},
		{"may, which is no month", "You may deduct 5 items.", "5 items can be deducted.", diff.Reworded, ""},

		{"a section in another form", "Sec. 179 applies", "§ 179 applies", diff.Reworded, ""},
		{"a section in words", "section 179 applies", "under IRC § 179", diff.Reworded, ""},
		{"a section of the Code", "26 U.S.C. § 168(k)", "Internal Revenue Code section 168(k)", diff.Reworded, ""},
		{"a subdivision that is gone", "See IRC § 168(k)(6)(A) and § 179.", "See § 179.", diff.Changed, "gone: IRC § 168(k)(6)(A)"},
		{"another subdivision", "under § 168(k)(1)", "under § 168(k)(2)", diff.Changed, "§ 168(k)(1) → § 168(k)(2)"},
		{"sections in a list", "sections 167 and 168", "§ 167 and § 168", diff.Reworded, ""},
		{"a new section", "Deduct it.", "Deduct it under § 174A.", diff.Changed, "new: § 174A"},
		{"a regulation in another form", "Treas. Reg. § 1.263(a)-3", "Treasury Regulation section 1.263(a)-3", diff.Reworded, ""},
		{"a regulation of the CFR", "26 CFR 1.263(a)-3", "Treas. Reg. § 1.263(a)-3", diff.Reworded, ""},
		{"another regulation", "Treas. Reg. § 1.263(a)-3", "Treas. Reg. § 1.263(a)-2", diff.Changed, "Treas. Reg. § 1.263(a)-3 → Treas. Reg. § 1.263(a)-2"},
		{"a regulation that was proposed", "Prop. Treas. Reg. § 1.174-2", "Treas. Reg. § 1.174-2", diff.Changed, "Prop. Treas. Reg. § 1.174-2 → Treas. Reg. § 1.174-2"},

		{"a form in another spelling", "File Form 1040-X.", "Then file form 1040X.", diff.Reworded, ""},
		{"another form", "File Form 4562.", "File Form 3115.", diff.Changed, "Form 4562 → Form 3115"},
		{"a form without the word", "a W-2", "Form W-2", diff.Reworded, ""},
		{"a form without the word, of digits", "a 1099-NEC", "a Form 1099-NEC", diff.Reworded, ""},
		{"a schedule", "on Schedule C", "on Schedule E", diff.Changed, "Schedule C → Schedule E"},

		{"a new authority", "The cost is deducted.", "The cost is deducted (Rev. Proc. 2025-28).", diff.Changed, "new authority: Rev. Proc. 2025-28"},
		{"an authority in words", "Revenue Procedure 2025-28", "Rev. Proc. 2025-28", diff.Reworded, ""},
		{"another ruling", "Rev. Rul. 99-7", "Rev. Rul. 99-5", diff.Changed, "Rev. Rul. 99-7 → Rev. Rul. 99-5"},
		{"a notice", "see Notice 2023-63", "see Notice 2024-12", diff.Changed, "Notice 2023-63 → Notice 2024-12"},
		{"a law", "Public Law 119-21", "Pub. L. No. 119-21", diff.Reworded, ""},
		{"an act", "under the Tax Cuts and Jobs Act", "under the TCJA", diff.Reworded, ""},
		{"a new act", "under prior law", "under the One Big Beautiful Bill Act", diff.Changed, "new authority: One Big Beautiful Bill Act"},
		{"a case", "Welch v. Helvering controls.", "INDOPCO, Inc. v. Commissioner controls.", diff.Changed, "Welch v. Helvering → INDOPCO, Inc. v. Commissioner"},
		{"a case in short", "In INDOPCO, Inc. v. Commissioner it was held.", "See INDOPCO v. Comm'r.", diff.Reworded, ""},
		{"a publication", "IRS Publication 946", "IRS Pub. 946", diff.Reworded, ""},

		{"a negation that is gone", "The cost is not deductible.", "The cost is deductible.", diff.Changed, `no longer says "not"`},
		{"a new negation", "The rule applies.", "The rule never applies.", diff.Changed, `now says "never"`},
		{"a contraction", "It does not apply.", "It doesn't apply.", diff.Reworded, ""},
		{"cannot", "You may not deduct it.", "You cannot deduct it.", diff.Reworded, ""},
		{"neither and nor", "It is not deductible or creditable.", "It is neither deductible nor creditable.", diff.Reworded, ""},
		{"not only", "It is deductible and creditable.", "It is not only deductible but creditable.", diff.Reworded, ""},
		{"a new exception", "It is deductible.", "It is deductible unless it is personal.", diff.Changed, `now says "unless"`},
		{"an exception in another word", "deductible except for meals", "deductible unless it is for meals", diff.Reworded, ""},
		{"other than", "All costs are deductible except meals.", "All costs, other than meals, are deductible.", diff.Reworded, ""},
		{"a new exception in two words", "All costs are deductible.", "All costs other than meals are deductible.", diff.Changed, `now says "other than"`},
		{"fails to", "The owner does not qualify.", "The owner fails to qualify.", diff.Reworded, ""},
		{"without", "with regard to basis", "without regard to basis", diff.Changed, `now says "without"`},
		{"nondeductible", "It is not deductible.", "It is nondeductible.", diff.Reworded, ""},
		{"a negation that is said again", "The cost of land is not deductible.", "The cost of land is not deductible. In short, land is not deductible.", diff.Reworded, ""},
		{"a negation that moved to another sentence", "Land is not deductible. Tools are deductible.", "Land is deductible. Tools are not deductible.", diff.Changed, `no longer says "not"; now says "not"`},
		{"whether or not", "It applies whether it is new.", "It applies whether or not it is new.", diff.Reworded, ""},
	} {
		t.Run(strings.ReplaceAll(test.name, " ", "_"), func(t *testing.T) {
			d := diff.Compare(diff.Answer{Text: test.old}, diff.Answer{Text: test.new})
			if d.Class != test.class || d.String() != test.what {
				t.Errorf("%q to %q:\n got %s, %s\nwant %s, %s", test.old, test.new, d.Class, d, test.class, test.what)
			}
			if back := diff.Compare(diff.Answer{Text: test.new}, diff.Answer{Text: test.old}); back.Class != d.Class {
				t.Errorf("the other way round it is %s: %s", back.Class, back)
			}
		})
	}
}

func TestCompareFields(t *testing.T) {
	of := func(pairs ...string) diff.Answer {
		a := diff.Answer{Text: "JSON, which is not compared " + strings.Join(pairs, " "), Fields: []diff.Field{}}
		for i := 0; i < len(pairs); i += 2 {
			a.Fields = append(a.Fields, diff.Field{Name: pairs[i], Value: pairs[i+1]})
		}
		return a
	}
	for _, test := range []struct {
		name     string
		old, new diff.Answer
		class    diff.Class
		what     string
	}{
		{"equal fields", of("limit", "1160000"), of("limit", "1160000"), diff.Same, ""},
		{"a number", of("limit", "1160000"), of("limit", "1250000"), diff.Changed, "limit: 1160000 → 1250000"},
		{"a word", of("allowed", "yes"), of("allowed", "no"), diff.Changed, "allowed: yes → no"},
		{"a few words", of("treatment", "fully deductible"), of("treatment", "partly deductible"), diff.Changed, "treatment: fully deductible → partly deductible"},
		{"a value in other signs", of("form", "Form 1040-X"), of("form", "form 1040X"), diff.Same, ""},
		{"prose in other words", of("why", "The cost of the machine is deductible now."), of("why", "You can write off what the machine costs now."), diff.Reworded, ""},
		{"a figure in prose", of("why", "The cost is deductible up to $5 a year."), of("why", "You can write off up to $7 of it each year."), diff.Changed, "why: $5 → $7"},
		{"a new field", of("a", "1"), of("a", "1", "b", "2"), diff.Changed, "b: now 2"},
		{"a field that is empty now", of("a", "1", "b", "2"), of("a", "1", "b", ""), diff.Changed, "b: now empty, was 2"},
		{"a field that is gone", of("a", "1", "b", "2"), of("a", "1"), diff.Changed, "b: now empty, was 2"},
		{"fields in another order", of("a", "1", "b", "2"), of("b", "2", "a", "1"), diff.Same, ""},
	} {
		if d := diff.Compare(test.old, test.new); d.Class != test.class || d.String() != test.what {
			t.Errorf("%s:\n got %s, %s\nwant %s, %s", test.name, d.Class, d, test.class, test.what)
		}
	}
}

// Other sources make an answer that says the same to be seen, and no more.
func TestCompareSources(t *testing.T) {
	d := diff.Compare(diff.Answer{Text: "It is $5.", Sources: []string{"IRC § 1", "IRC § 2"}}, diff.Answer{Text: "It is $5.", Sources: []string{"IRC § 2", "Rev. Rul. 99-7"}})
	if want := "gone source: IRC § 1; new source: Rev. Rul. 99-7"; d.Class != diff.Reworded || d.String() != want {
		t.Errorf("%s, %s; want %s, %s", d.Class, d, diff.Reworded, want)
	}
}

// Sources that were not kept are none that are gone.
func TestCompareSourcesThatWereNotKept(t *testing.T) {
	source := batch.Source{"node_id": []byte(`"11111111-1111-1111-1111-111111111111"`), "title": []byte(`"IRC § 1"`)}
	text := "It is $5 [11111111-1111-1111-1111-111111111111]."
	kept := &batch.Answer{Text: text, Sources: []batch.Source{source}, FinishReason: "stop"}
	not := &batch.Answer{Text: text, Kept: batch.NoSources, FinishReason: "stop"}
	if d := diff.Compare(diff.Of(kept), diff.Of(not)); d.Class != diff.Same {
		t.Errorf("%s, %s", d.Class, d)
	}
}

func TestCompareHowAnAnswerEnded(t *testing.T) {
	d := diff.Compare(diff.Answer{Text: "It is $5.", Status: batch.Answered}, diff.Answer{Status: batch.Refused})
	if want := "answered → refused; gone: $5"; d.Class != diff.Changed || d.String() != want {
		t.Errorf("%s, %s; want %s, %s", d.Class, d, diff.Changed, want)
	}
}

// Citations are no text: their numbers depend on which of them comes first.
func TestOfAnAnswerWithCitations(t *testing.T) {
	const one, two = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
	source := func(id, title string) batch.Source {
		return batch.Source{"node_id": []byte(`"` + id + `"`), "title": []byte(`"` + title + `"`)}
	}
	sources := []batch.Source{source(one, "IRC § 1"), source(two, "IRC § 2")}
	old := diff.Of(&batch.Answer{Text: "It is $5 [" + one + "]. It ends [" + two + "].", Sources: sources, FinishReason: "stop"})
	new := diff.Of(&batch.Answer{Text: "It is $5 [" + two + "]. It ends [" + one + "].", Sources: sources, FinishReason: "stop"})
	if d := diff.Compare(old, new); d.Class != diff.Same || old.Text != "It is $5. It ends." {
		t.Errorf("%q: %s, %s", old.Text, d.Class, d)
	}
}
