package diff_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bizbatch/batch/diff"
)

// pairs is how many pairs of each sort are made.
const pairs = 200

// Of planted changes none is called reworded, and of rewordings none is called
// changed. go test -v prints both rates.
func TestPlantedChangesAndRewordings(t *testing.T) {
	rng := rand.New(rand.NewPCG(18, 2025))
	texts := answers(t)
	missed, called := 0, 0
	for n := 0; n < pairs; {
		old := texts[n%len(texts)]
		p := plants[rng.IntN(len(plants))]
		changed, ok := p.plant(rng, old)
		if !ok {
			continue
		}
		if n++; n%2 == 0 {
			changed = reword(rng, changed)
		}
		if d := diff.Compare(diff.Answer{Text: old}, diff.Answer{Text: changed}); d.Class != diff.Changed {
			missed++
			t.Errorf("%s is called %s:\n%s", p.name, d.Class, changed)
		}
	}
	for n := range pairs {
		old := texts[n%len(texts)]
		other := reword(rng, old)
		if d := diff.Compare(diff.Answer{Text: old}, diff.Answer{Text: other}); d.Class != diff.Reworded {
			called++
			t.Errorf("a rewording is called %s, %s:\n%s", d.Class, d, other)
		}
	}
	t.Logf("of %d planted changes %d are called reworded; of %d rewordings %d are called changed", pairs, missed, pairs, called)
}

func answers(t testing.TB) []string {
	b, err := os.ReadFile("testdata/answers.md")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(b), "====\n")
}

// A plant changes a fact of a text; ok is false if it has none of that sort.
type plant struct {
	name  string
	plant func(rng *rand.Rand, text string) (changed string, ok bool)
}

// altered changes the number in one of the matches of a pattern, wherever the text has
// it, to one that the text does not have.
func altered(name, pattern string, number func(rng *rand.Rand) string) plant {
	re := regexp.MustCompile(pattern)
	return plant{name, func(rng *rand.Rand, text string) (string, bool) {
		found := re.FindAllStringSubmatch(text, -1)
		if found == nil {
			return "", false
		}
		m := found[rng.IntN(len(found))]
		to := number(rng)
		if strings.Contains(text, to) {
			return "", false
		}
		changed := strings.ReplaceAll(text, m[0], strings.Replace(m[0], m[1], to, 1))
		return changed, changed != text
	}}
}

// replaced puts one text in the place of another, once.
func replaced(name, from, to string) plant {
	re := regexp.MustCompile(from)
	return plant{name, func(rng *rand.Rand, text string) (string, bool) {
		found := re.FindAllStringIndex(text, -1)
		if found == nil {
			return "", false
		}
		at := found[rng.IntN(len(found))]
		return text[:at[0]] + re.ReplaceAllString(text[at[0]:at[1]], to) + text[at[1]:], true
	}}
}

func between(low, high int, format string) func(*rand.Rand) string {
	return func(rng *rand.Rand) string { return fmt.Sprintf(format, low+rng.IntN(high-low)) }
}

var plants = []plant{
	altered("an amount", `\$(\d{1,3}(?:,\d{3})+)`, func(rng *rand.Rand) string { return fmt.Sprintf("%d,%03d", 2+rng.IntN(900), 10*rng.IntN(100)) }),
	altered("an amount", `\$([\d.]+) million`, between(40, 90, "%d")),
	altered("a percentage", `\b(\d+)(?:%| percent)`, between(61, 79, "%d")),
	altered("a number", `\b(\d+) (?:years|days|months|hours|partners|square feet)`, between(23, 39, "%d")),
	altered("a date", `(?:January|March|April|December) (\d+)`, between(16, 28, "%d")),
	altered("a year", `, (20\d\d)\b`, between(2030, 2040, "%d")),
	altered("a tax year", `(?:in|for|through) (20\d\d)\b`, between(2030, 2040, "%d")),
	altered("a section", `(?:§|[Ss]ection) (\d{2,4})`, between(5000, 5999, "%d")),
	altered("a subdivision", `\(([a-d])\)`, between(5, 9, "%d")),
	altered("a regulation", `Treas\. Reg\. § [\d.]+[A-Z]?-(\d+)`, between(11, 19, "%d")),
	altered("a form", `Form (\d{3,4})`, between(8900, 8990, "%d")),
	altered("a procedure", `Rev\. (?:Proc|Rul)\. \d+-(\d+)`, between(60, 80, "%d")),
	altered("a notice", `Notice \d+-(\d+)`, between(80, 90, "%d")),
	altered("a publication", `Publication (\d+)`, between(920, 990, "%d")),
	replaced("a case", `Starker v\.`, "Biggs v."), replaced("a case", `Moss v\.`, "Bailey v."),
	replaced("a schedule", `Schedule C`, "Schedule F"), replaced("a schedule", `Schedule K-1`, "Schedule K-3"),
	replaced("a negation that is gone", `\b(is|are|does|may|has) not\b`, "$1"),
	replaced("a negation that is gone", `\bcannot\b`, "can"),
	replaced("a negation that is gone", `\bNo (tax|deduction)\b`, "A $1"),
	replaced("a negation that is gone", `\bnever\b`, "always"),
	replaced("a new negation", `\b(is|are|may|must)\b( [a-z]+ed\b| qualify| deduct| show| hold| be\b)`, "$1 not$2"),
	replaced("a new negation", `\bqualifies\b`, "never qualifies"),
	replaced("an exception that is gone", `\bunless\b`, "if"),
	replaced("a new exception", `\bif\b`, "unless"),
	replaced("a new authority", `\.\n$`, ". Rev. Proc. 2025-28 changed this.\n"),
	replaced("a new authority", `\.\n$`, " (Jones v. Commissioner).\n"),
	replaced("a new authority", `\.\n$`, ". The CARES Act provides so.\n"),
	replaced("a new amount", `\.\n$`, ". The fee is $$87.\n"),
	{"two facts that changed places", func(rng *rand.Rand, text string) (string, bool) {
		for _, pair := range [][2]string{{"60%", "40%"}, {"$383,900 for", "$191,950 for"}, {"$25,000", "$100,000"}, {"45 days", "180 days"}, {"Form 706", "Form 709"}, {"5 years", "15 years"}} {
			if strings.Contains(text, pair[0]) && strings.Contains(text, pair[1]) {
				return strings.NewReplacer(pair[0], pair[1], pair[1], pair[0]).Replace(text), true
			}
		}
		return "", false
	}},
	{"a sentence that is gone", func(rng *rand.Rand, text string) (string, bool) {
		re := regexp.MustCompile(` [A-Z][^.|*]*\b(?:Form|Publication) \d+\.`) // with a fact that no other has
		at := re.FindStringIndex(text)
		if at == nil {
			return "", false
		}
		words := strings.Fields(text[at[0]:at[1]])
		number := strings.TrimSuffix(words[len(words)-1], ".")
		return text[:at[0]] + text[at[1]:], strings.Count(text, number) == 1
	}},
}

// both are words and spellings that mean the same.
var both = [][2]string{
	{"is limited to", "is capped at"}, {"costs more than", "comes to more than"}, {"provides", "says"}, {"must be", "has to be"},
	{"does not", "doesn't"}, {"cannot", "can't"}, {"cannot", "may not"}, {"is not", "isn't"}, {"may deduct", "can write off"}, {"deduction", "write-off"},
	{"is allowed", "is permitted"}, {"taxpayer", "filer"}, {"as § ", "just as § "}, {"qualifies", "is eligible"}, {"claimed", "taken"}, {"See ", "For more, see "},
	{"under § ", "by § "}, {"§ ", "section "}, {"§ ", "Sec. "}, {"section ", "§ "}, {"IRC § ", "Internal Revenue Code section "}, {"IRC § ", "26 U.S.C. § "},
	{"Treas. Reg. § ", "Treasury Regulation § "}, {"Treas. Reg. § ", "Treas. Reg. section "}, {"Rev. Proc. ", "Revenue Procedure "}, {"Rev. Rul. ", "Revenue Ruling "},
	{"Pub. L. ", "Public Law "}, {"IRS Publication ", "IRS Pub. "}, {"Form 4562", "form 4562"}, {"Form ", "IRS Form "}, {"the Tax Cuts and Jobs Act", "the TCJA"},
	{" percent", "%"}, {"60%", "60 percent"}, {"50%", "fifty percent"}, {"8%", "8 percent"}, {"100 percent", "one hundred percent"}, {"5 years", "five years"}, {"two years", "2 years"},
	{"five years", "5 years"}, {"12 months", "twelve months"}, {"6 months", "six months"}, {"9 months", "nine months"}, {"45 days", "forty-five days"}, {"180 days", "180 calendar days"}, {"10 or fewer", "ten or fewer"},
	{"$31 million", "$31,000,000"}, {"$13.61 million", "$13,610,000"}, {"$1,220,000", "$1.22 million"}, {"$3,050,000", "$3.05 million"}, {"$25,000", "$25K"}, {"$5 a square foot", "five dollars a square foot"},
	{"January 19, 2025", "1/19/2025"}, {"December 31, 2021", "Dec. 31, 2021"}, {"April 15, 2026", "15 April 2026"}, {"December 31, 2025", "12/31/2025"}, {"March 15", "March 15th"},
	{"April 15, 2025", "2025-04-15"}, {"December 31, 2017", "31 December 2017"}, {", and ", " and "}, {"unless", "except if"}, {"shall", "will"}, {"amount", "sum"}, {"v. Commissioner", "v. Comm'r"},
	{"\n- ", "\n* "}, {"\n## ", "\n### "}, {"**", ""}, {"The ", "So the "}, {"You may", "A filer may"}, {"return", "tax return"}, {"Losses", "Any losses"},
}

// reword says the same in other words: with other words, spellings and marks, in
// another order, and in part twice.
func reword(rng *rand.Rand, text string) string {
	before := text
	for _, i := range rng.Perm(len(both))[:2+rng.IntN(25)] {
		text = strings.ReplaceAll(text, both[i][0], both[i][1])
	}
	paragraphs := strings.Split(text, "\n\n")
	for i, p := range paragraphs {
		switch {
		case strings.HasPrefix(p, "|"):
		case strings.HasPrefix(p, "- ") || strings.HasPrefix(p, "* "):
			lines := strings.Split(strings.TrimSpace(p), "\n")
			rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			for n := range lines {
				if len(paragraphs)%2 == 0 {
					lines[n] = fmt.Sprintf("%d. %s", n+1, lines[n][2:])
				}
			}
			paragraphs[i] = strings.Join(lines, "\n")
		default:
			paragraphs[i] = sentences(rng, p)
		}
	}
	if rng.IntN(2) == 0 {
		rng.Shuffle(len(paragraphs), func(i, j int) { paragraphs[i], paragraphs[j] = paragraphs[j], paragraphs[i] })
	}
	text = strings.Join(paragraphs, "\n\n")
	if text == before || diff.Compare(diff.Answer{Text: before}, diff.Answer{Text: text}).Class == diff.Same {
		return "In other words: " + text
	}
	return text
}

var (
	ends   = regexp.MustCompile(`([a-z0-9)]{3}\.) ([A-Z])`)
	ifThen = regexp.MustCompile(`^If ([^,;.]+), (the [^.;]+)\.$`)
)

// sentences gives those of a paragraph another order, turns conditions around, and
// says one of them twice.
func sentences(rng *rand.Rand, paragraph string) string {
	paragraph = strings.ReplaceAll(paragraph, "Treas. Reg.", "Treas.\u00a0Reg.") // no end of a sentence
	list := strings.Split(ends.ReplaceAllString(paragraph, "$1\x00$2"), "\x00")
	for i, s := range list {
		s = strings.TrimSpace(s)
		if m := ifThen.FindStringSubmatch(s); m != nil {
			s = strings.ToUpper(m[2][:1]) + m[2][1:] + " if " + m[1] + "."
		}
		if rng.IntN(6) == 0 && len(s) > 20 {
			s = "**" + s + "**"
		}
		list[i] = s
	}
	if rng.IntN(3) == 0 {
		list = append(list, "In short: "+list[rng.IntN(len(list))])
	}
	if rng.IntN(2) == 0 && !slices.ContainsFunc(list, func(s string) bool { return strings.HasPrefix(s, "#") }) {
		rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	return strings.Join(list, " ")
}
