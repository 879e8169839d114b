package report_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
	"pgregory.net/rapid"

	"bizbatch/batch"
	"bizbatch/batch/check"
	"bizbatch/batch/report"
)

// nasty are cells that careless CSV writers change.
var nasty = []string{
	"", " ", " leading", "trailing ", "a,b;c\td", `a "quoted" word`, `"`, `""`, "two\nlines", "Windows\r\nlines",
	"old\rMac", "\r", "\n", "\r\n", "\n\r", "a\r\r\nb", `\.`, `\`, "=1+1", "#no comment", "'", "\ufeff", "§ 280A — 税",
	"\u2028", "007", "1e5", "null", "\t", "\v\f", "\x1b[31m",
}

// asked is an answered row of oneColumn.
func asked(question, answer string) batch.Record {
	rec := row(question)
	rec.Status, rec.Attempts = batch.Answered, 1
	rec.Answer = &batch.Answer{Text: answer, FinishReason: "stop"}
	return rec
}

// cells is the row that asked is written as.
func cells(question, answer string) []string {
	return []string{question, answer, "", "answered", "", check.Record(asked(question, answer)).String(), "1", "0.0", "", "0.00", ""}
}

func TestPythonReadsEveryCellAsItWas(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("needs python3")
	}
	var recs []batch.Record
	var want [][]string
	for _, question := range nasty {
		for _, answer := range nasty {
			recs = append(recs, asked(question, answer+question))
			want = append(want, cells(question, answer+question))
		}
	}
	for _, delimiter := range []string{",", ";", "\t", "|"} {
		t.Run(delimiter, func(t *testing.T) {
			in := oneColumn
			in.Delimiter = delimiter
			script := `
import csv, io, json, sys
text = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", newline="")
json.dump(list(csv.reader(text, delimiter=sys.argv[1], strict=True)), sys.stdout)`
			cmd := exec.Command(python, "-c", script, delimiter)
			cmd.Stdin = strings.NewReader(written(t, "answers.csv", in, recs...))
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			var got [][]string
			if err := json.Unmarshal(out, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got[1:]); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnyStringComesBackEqual(t *testing.T) {
	special := rapid.StringOf(rapid.SampledFrom([]rune("\"\r\n,;\t\\. a§")))
	cell := rapid.OneOf(rapid.String(), special, rapid.SampledFrom(nasty))
	rapid.Check(t, func(r *rapid.T) {
		delimiter := rapid.SampledFrom([]string{"", ",", ";", "\t"}).Draw(r, "delimiter")
		question, answer := cell.Draw(r, "question"), cell.Draw(r, "answer")
		in := oneColumn
		in.Delimiter = delimiter
		file := written(t, "answers.csv", in, asked(question, answer), asked(answer, question))

		reader := csv.NewReader(strings.NewReader(file))
		reader.Comma = []rune(delimiter + ",")[0]
		got, err := reader.ReadAll()
		if err != nil {
			r.Fatal(err)
		}
		// encoding/csv reads \r\n between quotes as \n, which is its own doing.
		q, a := strings.ReplaceAll(question, "\r\n", "\n"), strings.ReplaceAll(answer, "\r\n", "\n")
		want := [][]string{cells(q, strings.ReplaceAll(a, "\x00", "\ufffd")), cells(a, strings.ReplaceAll(q, "\x00", "\ufffd"))}
		if diff := cmp.Diff(want, got[1:]); diff != "" {
			r.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

func TestColumnNamesNeverCollide(t *testing.T) {
	for name, test := range map[string]struct {
		columns []string
		want    []string // the answer's and the status's column
	}{
		"names of their own":                       {[]string{"question"}, []string{"answer", "status"}},
		"the input has an answer":                  {[]string{"question", "answer"}, []string{"bizbatch_answer", "status"}},
		"the input has it in another case":         {[]string{" Answer ", "STATUS"}, []string{"bizbatch_answer", "bizbatch_status"}},
		"the input was such an output":             {[]string{"answer", "bizbatch_answer"}, []string{"bizbatch_bizbatch_answer", "status"}},
		"a prefixed name alone is in nobody's way": {[]string{"bizbatch_answer"}, []string{"answer", "status"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := batch.Input{Format: batch.CSV, Columns: test.columns}
			header, err := csv.NewReader(strings.NewReader(written(t, "answers.csv", in))).Read()
			if err != nil {
				t.Fatal(err)
			}
			ours := header[len(test.columns):]
			if diff := cmp.Diff(test.want, []string{ours[0], ours[2]}); diff != "" {
				t.Errorf("in CSV (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.columns, header[:len(test.columns)]); diff != "" {
				t.Errorf("the input's own columns (-want +got):\n%s", diff)
			}
			line := written(t, "answers.jsonl", in, batch.Record{Status: batch.Pending})
			for i, value := range []string{"null", `"pending"`} {
				if member := fmt.Sprintf(`,%q:%s,`, test.want[i], value); strings.Count(line, member) != 1 {
					t.Errorf("in JSONL there is no %s: %s", member, line)
				}
			}
		})
	}
}

func TestWhatCSVReadersRefuseIsReplaced(t *testing.T) {
	file := written(t, "answers.csv", oneColumn, asked("q", "a\x00b\xffc"))
	if want := "q,a\ufffdb\ufffdc,,answered,"; !strings.Contains(file, want) {
		t.Errorf("file %q does not contain %q", file, want)
	}
}

func TestASafeCSVFileHoldsNoFormula(t *testing.T) {
	for cell, want := range map[string]string{
		"=1+1":                          "'=1+1",
		`=HYPERLINK("https://x","pay")`: `'=HYPERLINK("https://x","pay")`,
		"+cmd|' /C calc'!A0":            "'+cmd|' /C calc'!A0",
		"-2+3":                          "'-2+3",
		"@SUM(A1)":                      "'@SUM(A1)",
		"\t=1":                          "\t'=1",
		"\r\n =1":                       "\r\n' =1",
		"＝1":                            "'＝1",
		"-12.50":                        "-12.50",
		"+7":                            "+7",
		"1-2":                           "1-2",
		"What if a = b?":                "What if a = b?",
		"x;=1+41;y":                     "x;'=1+41;y",
		"x; \t@SUM(A1)":                 "x; \t'@SUM(A1)",
		"x\t=1+41\ty; z":                "x\t'=1+41\ty; z",
		"x\n=1+41\ny":                   "x\n'=1+41\ny",
		`x;"=1+41;y`:                    `x;'"=1+41;y`,
		"x;-5;y":                        "x;'-5;y",
		"for x, -y and z":               "for x, -y and z",
		"":                              "",
	} {
		t.Run(cell, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "answers.csv")
			write(t, path, batch.Input{Format: batch.CSV, Columns: []string{cell}}, report.Options{CSVSafe: true}, asked(cell, cell))
			r := csv.NewReader(strings.NewReader(read(t, path)))
			rows, err := r.ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			want := strings.ReplaceAll(want, "\r\n", "\n") // encoding/csv's own doing
			got := []string{rows[0][0], rows[1][0], rows[1][1]}
			if diff := cmp.Diff([]string{want, want, want}, got); diff != "" {
				t.Errorf("header, question and answer (-want +got):\n%s", diff)
			}
		})
	}
}

// Excel on Windows takes a CSV file without a byte order mark for one in the
// encoding of old programs; many other programs take the mark for text.
func TestAByteOrderMarkIsThereForExcel(t *testing.T) {
	columns := []string{"id", "question"}
	for name, test := range map[string]struct {
		in     batch.Input
		choice report.Choice
		want   bool
	}{
		"not by itself":                          {batch.Input{Format: batch.CSV}, "", false},
		"where the input had one":                {batch.Input{Format: batch.CSV, BOM: true}, "", true},
		"where the input was in UTF-16":          {batch.Input{Format: batch.CSV, Encoding: "UTF-16"}, "", true},
		"where the input was in windows-1252":    {batch.Input{Format: batch.CSV, Encoding: "windows-1252"}, "", true},
		"where the input was an Excel file":      {batch.Input{Format: batch.XLSX}, "", true},
		"not for JSON lines":                     {batch.Input{Format: batch.JSONL}, "", false},
		"where it was asked for":                 {batch.Input{Format: batch.CSV}, report.Yes, true},
		"never where it was asked to be missing": {batch.Input{Format: batch.XLSX, BOM: true, Encoding: "UTF-16"}, report.No, false},
	} {
		t.Run(name, func(t *testing.T) {
			test.in.Columns = columns
			for _, file := range []string{"answers.csv", "answers.tsv"} {
				path := filepath.Join(t.TempDir(), file)
				write(t, path, test.in, report.Options{CSVBOM: test.choice})
				if got := strings.HasPrefix(read(t, path), "\ufeffid"); got != test.want {
					t.Errorf("%s begins with a byte order mark: %t, want %t", file, got, test.want)
				}
			}
		})
	}
}

// A name that promises tabs promises nothing of a file with another name.
func TestACSVFileHasTabsOnlyIfItsQuestionsDo(t *testing.T) {
	for tabs, want := range map[bool]string{false: "id\tquestion\tanswer", true: "id,question,answer"} {
		in := batch.Input{Format: batch.CSV, Columns: []string{"id", "question"}, Delimiter: "\t", Tabs: tabs}
		if file := written(t, "answers.csv", in); !strings.HasPrefix(file, want) {
			t.Errorf("the file begins with %.40q, want %q", file, want)
		}
	}
}

// A .txt file comes back as it was: Excel's "Unicode Text" is UTF-16 with tabs.
func TestTextIsAsItWas(t *testing.T) {
	two := []string{"id", "question"}
	for name, test := range map[string]struct {
		in   batch.Input
		want string // how the file begins
	}{
		"Excel's Unicode Text":         {batch.Input{Format: batch.CSV, Columns: two, Delimiter: "\t", Encoding: "UTF-16"}, "\xff\xfei\x00d\x00\t\x00q\x00"},
		"UTF-16 that was named":        {batch.Input{Format: batch.CSV, Columns: two, Delimiter: "\t", Encoding: "utf-16le"}, "\xff\xfei\x00d\x00\t\x00q\x00"},
		"Excel's Text (Tab delimited)": {batch.Input{Format: batch.CSV, Columns: two, Delimiter: "\t", Encoding: "windows-1252"}, "\ufeffid\tquestion\tanswer"},
		"commas":                       {batch.Input{Format: batch.CSV, Columns: two}, "id,question,answer"},
		"a list of questions":          {batch.Input{Format: batch.CSV, Columns: two[1:]}, "question\tanswer"},
		"of a workbook":                {batch.Input{Format: batch.XLSX, Columns: two}, "\ufeffid\tquestion\tanswer"},
	} {
		t.Run(name, func(t *testing.T) {
			rec := asked("", "§ 280A — 税 \U0001F4B0")
			rec.Fields = fieldsOf(two[:len(test.in.Columns)]...)
			file := written(t, "answers.txt", test.in, rec)
			if !strings.HasPrefix(file, test.want) {
				t.Errorf("the file begins with %.60q, want %q", file, test.want)
			}
			text, _, err := transform.String(unicode.BOMOverride(unicode.UTF8.NewDecoder()), file)
			if err != nil || !strings.Contains(text, "§ 280A — 税 \U0001F4B0") {
				t.Errorf("the answer is not in it: %v\n%s", err, text)
			}
		})
	}
}

// A spreadsheet that splits by another delimiter than the file's goes by quotes
// only where they begin a part. Whatever it makes of the file, no part is run.
func TestNoPartOfASafeCSVFileIsRun(t *testing.T) {
	cell := rapid.StringOf(rapid.SampledFrom([]rune("=+-@＝;\t,|\n\r\" '\ufeffxy")))
	rapid.Check(t, func(r *rapid.T) {
		in := batch.Input{Format: batch.CSV, Columns: []string{cell.Draw(r, "header")}}
		in.Delimiter = rapid.SampledFrom([]string{",", ";", "\t", "|"}).Draw(r, "delimiter")
		path := filepath.Join(t.TempDir(), "answers.csv")
		write(t, path, in, report.Options{CSVSafe: true}, asked(cell.Draw(r, "question"), cell.Draw(r, "answer")))
		file := read(t, path)
		for _, delimiter := range []string{",", ";", "\t"} {
			if delimiter == in.Delimiter {
				continue // it goes by the quotes
			}
			for _, part := range strings.FieldsFunc(file, func(c rune) bool { return strings.ContainsRune(delimiter+"\r\n", c) }) {
				if start := strings.TrimLeft(part, "\" \t"); start != "" && strings.ContainsAny(start[:1], "=+-@") {
					r.Errorf("split by %q, %q is run in\n%s", delimiter, part, file)
				}
			}
		}
	})
}

// A spreadsheet that splits by another delimiter than the file's splits no cell
// that is in quotes.
func TestASafeCSVFileQuotesWhatOthersWouldSplit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "answers.csv")
	write(t, path, oneColumn, report.Options{CSVSafe: true}, asked("a;b", "c\td"), asked("plain", "text"))
	file := read(t, path)
	for _, want := range []string{`"a;b","c` + "\t" + `d",`, "\nplain,text,"} {
		if !strings.Contains(file, want) {
			t.Errorf("the file has no %q:\n%s", want, file)
		}
	}
}

func TestRowWithoutFieldsLeavesItsColumnsEmpty(t *testing.T) {
	in := batch.Input{Format: batch.CSV, Columns: []string{"a", "b"}}
	file := written(t, "answers.csv", in, batch.Record{Status: batch.Pending})
	if want := "\n,,,,pending,,,0,,,,\n"; !strings.HasSuffix(file, want) {
		t.Errorf("file %q does not end in %q", file, want)
	}
}
