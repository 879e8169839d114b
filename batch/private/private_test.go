package private_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bizbatch/batch/private"
)

func kinds(finder *private.Finder, text string) []private.Kind {
	m := private.Mask{Finder: finder}
	m.Text(text)
	return m.Kinds()
}

// TestKinds has what must be found, and what must not.
func TestKinds(t *testing.T) {
	const (
		ssn, itin, ein, account = private.SSN, private.ITIN, private.EIN, private.Account
		card, email, phone      = private.Card, private.Email, private.Phone
	)
	for text, want := range map[string][]private.Kind{
		"My SSN is 123-45-6789.":      {ssn},
		"(123-45-6789)":               {ssn},
		"client 123 45 6789, married": {ssn},
		"123.45.6789":                 {ssn},
		"123‑45‑6789 with hyphens that do not break":    {ssn},
		"123–45–6789 with dashes":                       {ssn},
		"123\u00a045\u00a06789 with hard spaces":        {ssn},
		"1\u200b23-45-67\u00ad89 with what is not seen": {ssn},
		"１２３-４５-６７８９ in wide digits":                    {ssn},
		"SSN: 123456789": {ssn},
		"social security number (spouse) 123456789?": {ssn},
		"TIN 123456789":                                         {ssn},
		"ITIN 912-70-1234":                                      {itin},
		"her ITIN is 912701234":                                 {itin},
		"Acme LLC (12-3456789) elects S status":                 {ein},
		"FEIN 123456789":                                        {ein},
		"employer identification no. 123456789":                 {ein},
		"routing number 021000021, account no. 1234567":         {account},
		"wired to DE89 3704 0044 0532 0130 00 in May":           {account},
		"GB29NWBK60161331926819":                                {account},
		"checking acct # 000123-456789":                         {account},
		"deposited to account 123456789012":                     {account},
		"paid with 4111 1111 1111 1111":                         {card},
		"Amex 378282246310005":                                  {card},
		"5555-5555-5555-4444":                                   {card},
		"paid with 4111 1111 1111 1111 12/26":                   {card},
		"apt. 12 4111111111111111 34":                           {card},
		"IBAN AT61 1904 3002 3457 3201 IN MAY":                  {account},
		"Write to jane.doe+tax@example.co.uk!":                  {email},
		"Müller@bücher.example":                                 {email},
		"call (212) 555-0123 or 212-555-0199":                   {phone},
		"call +1 212.555.0123":                                  {phone},
		"call +43 1 234 5678":                                   {phone},
		"SSN 123-45-6789, phone 212-555-0123, jane@example.com": {ssn, phone, email},

		"spouses 123-45-6789/222-33-4444":   {ssn},
		"123-45-6789,222-33-4444":           {ssn},
		"TY2024/123-45-6789":                {ssn},
		"123 - 45 - 6789, 123- 45- 6789":    {ssn},
		"SSN123456789":                      {ssn},
		"SSN123-45-6789":                    {ssn},
		"ssn: 123 456 789":                  {ssn},
		"SSN 123 45-6789":                   {ssn},
		"SSN１２３４５６７８９, 123⁃45⁃6789":         {ssn},
		"x＠example．com":                     {email},
		"EIN 12-3456789/2024":               {ein},
		"212-555-0123/0124, 212-555-0199":   {phone},
		"SSN 123456789,2 dependents":        {ssn},
		"cards 4111111111111111,2 payments": {card},

		"":                                     nil,
		"What changed in 2023, 2024 and 2025?": nil,
		"tax years 2019-2023 2020-2024":        nil,
		"IRC § 1031(a)(1), Treas. Reg. § 1.1031(a)-1 and § 301.7701-3": nil,
		"Rev. Proc. 2025-28, Rev. Rul. 99-43, Notice 2024-12":          nil,
		"PLR 202345012, TAM 9816001, T.D. 10001":                       nil,
		"142 S. Ct. 2587 (2022); 597 U.S. 123; 2022 WL 12345678":       nil,
		"$1,160,000 of $12345678.90 or 123456789 dollars":              nil,
		"Form 1040, 1099-NEC and 8949 for 2024-12-31":                  nil,
		"from 01/02/2023 to 03/04/2024 12:30:45":                       nil,
		"the IRS at 1-800-829-1040":                                    nil,
		"account 401(k), account 2023 contributions, account number?":  nil,
		"SSNs are masked; no EIN was given":                            nil,
		"000-12-3456, 666-12-3456, 123-00-4567, 123-45-0000":           nil,
		"00-1234567 and 07-1234567":                                    nil,
		"4111 1111 1111 1112 has a wrong digit":                        nil,
		"DE88 3704 0044 0532 0130 00 has a wrong digit":                nil,
		"routing number 021000022 has a wrong digit":                   nil,
		"part no. 1123-45-67890, 123-45-6789-1, A123-45-6789":          nil,
		"0.123-45-6789 and 99.123-45-6789":                             nil,
		"100,000-200,000 123,456,789 1,123-45-6789":                    nil,
		"zip 10001-1234, NAICS 541213, CUSIP 037833100":                nil,
		"@ home, user@localhost":                                       nil,
		"ratio 212.555.0123456":                                        nil,
	} {
		got := kinds(new(private.Finder), text)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q: found %v, want %v", text, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	f := private.NewFinder([]string{"Smith & Sons", "Müller", "smith", "  ", "Acme Holdings, Inc."})
	for text, want := range map[string]string{
		"Can Smith & Sons deduct it?":        "Can [NAME-1] deduct it?",
		"SMITH  &  SONS":                     "[NAME-1]",
		"smith\nsons":                        "[NAME-1]",
		"Smith's son":                        "[NAME-1]'s son",
		"Smithsonian blacksmiths":            "Smithsonian blacksmiths",
		"MÜLLER and Acme Holdings Inc (NY)":  "[NAME-1] and [NAME-2] (NY)",
		"Smith, then Müller, then Smith":     "[NAME-1], then [NAME-2], then [NAME-1]",
		"Acme Holdings":                      "Acme Holdings",
		"Mu\u0308ller, Müller, M\u00adüller": "[NAME-1], [NAME-1], [NAME-1]",
		"Ｍüller's, smith\u200bsons":          "[NAME-1]'s, [NAME-2]",
		"Smith.\n\n\n\n\nSons of the family": "[NAME-1].\n\n\n\n\nSons of the family",
	} {
		m := private.Mask{Finder: f}
		if got := m.Text(text); got != want {
			t.Errorf("%q: masked to %q, want %q", text, got, want)
		}
	}
}

// Equal numbers have one placeholder in all parts of a question, others another.
func TestMask(t *testing.T) {
	m := private.Mask{Finder: private.NewFinder(nil)}
	got := m.Text("Is [SSN-1] 123-45-6789 or 123 45 6789? Not 222-33-4444.") + "|" + m.Text("SSN 123456789, a.b@example.com, ab@example.com")
	want := "Is [SSN-1] [SSN-2] or [SSN-2]? Not [SSN-3].|SSN [SSN-2], [EMAIL-1], [EMAIL-2]"
	if got != want {
		t.Errorf("masked to\n%s, want\n%s", got, want)
	}
	if len(m.Originals) != 4 || m.Originals["[SSN-2]"] != "123-45-6789" {
		t.Errorf("originals %v", m.Originals)
	}
}

// The questions of the samples hold nothing private: years, sections and amounts
// are no account numbers.
func TestTheSamplesHoldNothing(t *testing.T) {
	files, _ := filepath.Glob("../../samples/*questions.*")
	for _, file := range append(files, "../../internal/sandbox/corpus.go", "../../docs/formats.md", "../../CHANGELOG.md") {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			if found := kinds(new(private.Finder), line); found != nil {
				t.Errorf("%s: %v in %q", file, found, line)
			}
		}
	}
}

// Each number of a list without spaces is masked.
func TestMaskLists(t *testing.T) {
	m := private.Mask{Finder: private.NewFinder(nil)}
	got := m.Text("123-45-6789/222-33-4444 and 123-45-6789,222-33-4444,321-45-6789")
	if want := "[SSN-1]/[SSN-2] and [SSN-1],[SSN-2],[SSN-3]"; got != want {
		t.Errorf("masked to %q, want %q", got, want)
	}
}

// FuzzMask checks that placeholders and originals make the text again, and that
// nothing is found in what was masked.
func FuzzMask(f *testing.F) {
	for _, text := range []string{"SSN 123-45-6789", "１２３-４５-６７８９", "a@b.com 4111 1111 1111 1111", "[SSN-1] 123-45-6789", "A$B%000@0.AA", "0@0.AA4111111111111111", "0@0.AA0A B", "0@0.AA0 4111111111111111", "Müller\xff & Sons", "routing 021000021 account number 1234567"} {
		f.Add(text)
	}
	finder := private.NewFinder([]string{"Müller", "Smith & Sons", "a b"})
	f.Fuzz(func(t *testing.T, text string) {
		m := private.Mask{Finder: finder}
		masked := m.Text(text)
		if (masked == text) != (len(m.Originals) == 0) || (masked == text) != (m.Kinds() == nil) {
			t.Errorf("%q became %q with %v", text, masked, m.Originals)
		}
		if left := kinds(finder, masked); left != nil {
			t.Errorf("%q became %q, which holds %v", text, masked, left)
		}
	})
}

func BenchmarkKinds(b *testing.B) {
	const question = "For Miller LLC (partnership, NY, 2024): may the partnership deduct $1,160,000 under § 179 for equipment placed in service on 2024-11-30, and how does § 168(k) apply to the rest?"
	finder := private.NewFinder([]string{"Müller", "Smith & Sons"})
	b.SetBytes(int64(len(question)))
	for b.Loop() {
		kinds(finder, question)
	}
}
