package numfmt

import (
	"encoding/csv"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestNumbersAreShownAsLibreOfficeShowsThem has a table that LibreOffice made:
// see testdata/libreoffice.py. Where Excel is known to differ, it says so.
func TestNumbersAreShownAsLibreOfficeShowsThem(t *testing.T) {
	file, err := os.Open("testdata/shown.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil || len(rows) < 200 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		format, value, date1904, want := row[0], row[1], row[2] != "", row[3]
		if row[5] != "" {
			want = row[4]
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(format).Number(v, date1904)
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != want && !(err != nil && strings.HasPrefix(want, "error") && strings.HasPrefix(got, want)) {
			t.Errorf("%s of %s is %q, want %q", format, value, got, want)
		}
	}
}

// TestWhatExcelIsKnownToShow has what LibreOffice cannot tell.
func TestWhatExcelIsKnownToShow(t *testing.T) {
	for _, tt := range []struct {
		format string
		value  float64
		want   string
	}{
		// LibreOffice makes a file's cell of these an empty one.
		{"#.##", 0, "."},
		{"0.##", 5, "5."},
		{".00", 12.3, "12.30"},
		{"#", 0, ""},
		// A minus before nothing but zeros is left out if the format has one section.
		{"0.0", -0.01, "0.0"},
		{"0.0;-0.0", -0.01, "-0.0"},
		{"0.0;@", -0.01, "-0.0"},
		{"-0.0", -1, "--1.0"},
		{"0 ##/##", -0.01, "-0      "},
		// Signs under conditions.
		{`[<-10]#" Wow"`, -20, "20 Wow"},
		{`[>-10]#" Wow"`, -5, "-5 Wow"},
		{"[>=-1]0;0", -2, "2"},
		{"[>=1]0;0", -2, "-2"},
		{`[<=9999999]###\-####;\(###\)\ ###\-####`, -12.3, "--12"},
		{`[>100]0.0`, 5, "5"},
		{`[>=1000000]0.00,,"M";[>0]0.00,"K";"-"`, -5, "--"},
		{`[=1]"a";"b";"c"`, -5, "b"},
		{`[=1]"a";"b";"c"`, 5, "c"},
		// Fractions, exponents and places.
		{"# ?/?", 0.3, " 2/7"},
		{"# ?/?", 1.3, "1 1/3"},
		{"??/??", 4.3, "43/10"},
		{"00/00", 1.5, "03/02"},
		{"#0.0E+0", -1.23457e-13, "-12.3E-14"},
		{"###0.0E+0", 1.23457e-8, "1.2E-8"},
		{"???.?0?", 1.1, "  1.10 "},
		{"???.?#?", 1, "  1.  "},
		{"#.0000,,", 123456, ".1235"},
		// Places by name.
		{"[$-en-US]d mmm yyyy", 45762, "15 Apr 2025"},
		{"[$-x-sysdate]dddd, mmmm dd, yyyy", 45762, "Tuesday, April 15, 2025"},
		{"[$€-x-euro2] #,##0.00", 1234.5, "€ 1,234.50"},
		{"[$-de-DE]dd.mm.yyyy", 45762, "15.04.2025"},
		{`[$-804]上午/下午h"时"`, 45762.75, "下午6时"},
		{"h:mm a/p", 45762.25, "6:00 a"},
		{"#,##0.00 kr", 5, "5.00 kr"},
		// All digits of a number without a format.
		{"General", 12345678901234, "12345678901234"},
		{"General", 1e-10, "1E-10"},
		{"General", 1e21, "1E+21"},
		{"General", 0.1 + 0.2, "0.3"},
	} {
		got, err := Parse(tt.format).Number(tt.value, false)
		if err != nil || got != tt.want {
			t.Errorf("%s of %v is %q, want %q (%v)", tt.format, tt.value, got, tt.want, err)
		}
	}
}

func TestWhatIsNotKnownForCertainIsAnError(t *testing.T) {
	for _, tt := range []struct {
		format string
		value  float64
		err    string
	}{
		{"[$-411]ggge", 45762, `"g" in it is not understood`},
		{"[$-411]e", 45762, `"e" in it is not understood`},
		{`[$-40E]h "óra" AM/PM`, 0.5, "names"},
		{"ddddd", 45762, "ddddd"},
		{"[$-411]aaa", 45762, `"a"`},
		{"yyyy aaaa", 45762, `"a"`},
		{"bbbb", 45762, `"b"`},
		{"[DBNum1]0", 5, "[DBNum1]"},
		{"[$-D000409]0", 5, "[$-D000409]"},
		{"[$-419]d mmmm yyyy", 45762, "names that Excel has"},
		{"[$-407]mmm", 45762, "names that Excel has"},
		{"[$-de-DE]mmmm", 45762, "names that Excel has"},
		{`[>0]"up";[=0]"even";"down"`, -5, "sign"},
		{`[>10]"x";[>5]"y"`, 3, "####"},
		{"0;0;0;@;0", 5, "more than four sections"},
		{"0 yyyy", 5, "digits and dates"},
		{"[x]0", 5, "[x]"},
		{"[Red", 5, "[Red"},
		{`0/"a"?`, 5, "fraction"},
		{"[>x]0", 5, "[>x]"},
	} {
		got, err := Parse(tt.format).Number(tt.value, false)
		if err == nil || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s of %v is %q, %v: want an error with %q", tt.format, tt.value, got, err, tt.err)
		}
	}
}

func TestBuiltin(t *testing.T) {
	for id, want := range map[int]string{0: "General", 14: "yyyy-mm-dd", 50: "yyyy-mm-dd", 58: "yyyy-mm-dd", 33: "h:mm:ss", 71: "yyyy-mm-dd", 81: "mm:ss.0", 163: "", -1: ""} {
		if code, ok := Builtin(id); code != want || ok != (want != "") {
			t.Errorf("format %d is %q, %t, want %q", id, code, ok, want)
		}
	}
}

func TestTexts(t *testing.T) {
	for _, tt := range []struct{ format, want, err string }{
		{"General", "a", ""},
		{"@", "a", ""},
		{"0.00", "a", ""},
		{`"<"@">"`, "<a>", ""},
		{`0;-0;0;"text: "@`, "text: a", ""},
		{`0;"n/a "@`, "n/a a", ""},
		{";;;", "", "hides"},
		{`0;-0;0;"none"`, "", "hides"},
	} {
		got, err := Parse(tt.format).Text("a")
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s is %q, %v", tt.format, got, err)
		}
	}
}

func FuzzNumber(f *testing.F) {
	f.Add("[>=1000]0.0,;[Red](#,##0.00);??/??;@", 1234.5)
	f.Add("[$-409]d mmm yyyy h:mm:ss.00 AM/PM", 45762.5)
	f.Fuzz(func(t *testing.T, code string, v float64) {
		format := Parse(code)
		format.Number(v, false)
		format.Number(v, true)
		format.Text("a")
	})
}
