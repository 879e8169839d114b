package report_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"bizbatch/batch"
	"bizbatch/batch/report"
)

// further are columns with a value of each kind for what is answered.
func further() []report.Column {
	column := func(name string, beside bool, value any) report.Column {
		return report.Column{Name: name, Beside: beside, Value: func(rec *batch.Record) any {
			if rec.Answer == nil {
				return nil
			}
			return value
		}}
	}
	return []report.Column{
		column("limit", true, json.Number("1160000.50")), column("id", true, "=1+1"), column("reviewed by", false, "A"), column("allowed", true, true),
		column("status", true, json.Number("12345678901234567890")), column("Limit", false, false), column("none", true, nil),
	}
}

const furtherHeader = "id,question,answer,limit,bizbatch_id,allowed,bizbatch_status,none,citations,status,error,checks,attempts,seconds,request_id,cost,answered,bizbatch_reviewed by,bizbatch_Limit"

func furtherRows(status ...batch.Status) (recs []batch.Record) {
	for _, s := range status {
		rec := batch.Record{ID: "1", Line: 2, Status: s, Fields: fieldsOf("1", "How?")}
		if s == batch.Answered {
			rec.Answer = &batch.Answer{Text: "So.", FinishReason: "stop"}
		}
		recs = append(recs, rec)
	}
	return recs
}

var furtherInput = batch.Input{Format: batch.CSV, Columns: []string{"id", "question"}}

func TestFurtherColumnsStandBesideTheAnswerOrLast(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	write(t, path, furtherInput, report.Options{Columns: further()}, furtherRows(batch.Answered, batch.Pending)...)
	want := furtherHeader + "\n" +
		"1,How?,So.,1160000.50,=1+1,true,12345678901234567890,,,answered,,cites nothing,0,0.0,,0.00,,A,false\n" +
		"1,How?,,,,,,,,pending,,,0,,,,,,\n"
	if got := read(t, path); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestFurtherColumnsAreTypedInAWorkbook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.xlsx")
	write(t, path, furtherInput, report.Options{Columns: further()}, furtherRows(batch.Answered)...)
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Answers", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(rows[0], ","), strings.Replace(furtherHeader, ",status", ",sources,continues,status", 1); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	for cell, want := range map[string]struct {
		kind excelize.CellType
		text string
	}{
		"D2": {excelize.CellTypeUnset, "1160000.50"}, "E2": {excelize.CellTypeInlineString, "=1+1"}, "F2": {excelize.CellTypeBool, "1"},
		"G2": {excelize.CellTypeInlineString, "12345678901234567890"}, // Excel would round it
		"U2": {excelize.CellTypeBool, "0"},
	} {
		kind, err := f.GetCellType("Answers", cell)
		text, err2 := f.GetCellValue("Answers", cell, excelize.Options{RawCellValue: true})
		if kind != want.kind || text != want.text || err != nil || err2 != nil {
			t.Errorf("%s: %v %q, want %v %q (%v, %v)", cell, kind, text, want.kind, want.text, err, err2)
		}
	}
}

func TestFurtherMembersOfJSONLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.jsonl")
	members := []report.Column{
		{Name: "data", Value: func(rec *batch.Record) any { return json.RawMessage(`{"b":1.50,"a":"<"}`) }},
		{Name: "Status", Value: func(rec *batch.Record) any { return nil }},
	}
	write(t, path, furtherInput, report.Options{Columns: further(), Members: members}, furtherRows(batch.Answered)...)
	if got, want := read(t, path), `"finished":null,"data":{"b":1.50,"a":"<"},"bizbatch_Status":null}`+"\n"; !strings.HasSuffix(got, want) {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestFurtherColumnsAreAListInAMemo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.md")
	write(t, path, furtherInput, report.Options{Columns: further()}, furtherRows(batch.Answered, batch.Pending)...)
	const want = "\n- limit: 1160000\\.50\n- id: \\=1+1\n- reviewed by: A\n- allowed: true\n- status: 12345678901234567890\n- Limit: false\n\nChecks: "
	if got := read(t, path); strings.Count(got, want) != 1 || strings.Count(got, "\n- ") != 6 {
		t.Errorf("%s\nwant%s", got, want)
	}
}

// In a memo the members of a structured answer stand in the place of its JSON, with
// the sources that they cite.
func TestStructuredAnswersAreRead(t *testing.T) {
	rec := asked("Is it?", `{"limit": 5, "because": "of [`+irc+`]"}`)
	rec.Answer.Sources = []batch.Source{{"node_id": quoted(irc), "title": quoted("26 U.S.C. § 280A"), "url": quoted("https://example.com/280A")}}
	rec.Plain = &batch.Answer{Text: "of [1]"}
	columns := []report.Column{
		{Name: "limit", Beside: true, Value: func(*batch.Record) any { return json.Number("5") }},
		{Name: "because_of", Beside: true, Value: func(*batch.Record) any { return "of [1]\nand more" }},
	}
	for file, want := range map[string][]string{
		"a.md":   {"\n**limit**\n\n5\n", "**because\\_of**\n\nof [1]", "26 U.S.C. § 280A"},
		"a.html": {"<strong>because_of</strong>", "26 U.S.C. § 280A"},
	} {
		path := filepath.Join(t.TempDir(), file)
		write(t, path, oneColumn, report.Options{Columns: columns}, rec)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(string(content), w) {
				t.Errorf("%s has no %q:\n%s", file, w, content)
			}
		}
		if strings.Contains(string(content), `{"limit"`) {
			t.Errorf("%s has the JSON", file)
		}
	}
}
