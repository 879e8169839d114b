package report_test

import (
	"encoding/csv"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
	"bizbatch/docs"
)

// The manual's table of our columns names them as they are written.
func TestTheManualNamesOurColumns(t *testing.T) {
	page, _ := docs.Page("formats")
	_, table, found := strings.Cut(page, "\n| column | content |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	if !found {
		t.Fatal("the manual has no table of our columns")
	}
	var got []string
	for _, row := range strings.Split(table, "\n")[1:] {
		for _, name := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(strings.Split(row, "|")[1], -1) {
			got = append(got, name[1])
		}
	}
	header, err := csv.NewReader(strings.NewReader(written(t, "answers.csv", batch.Input{Format: batch.CSV, Columns: []string{"q"}}))).Read()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(header[1:], got); diff != "" {
		t.Errorf("the columns (-written +in the manual):\n%s", diff)
	}
}

func TestCostIsANumberOfDollars(t *testing.T) {
	for cost, want := range map[batch.Money]string{
		0: "0.00", 24 * batch.Cent: "0.24", 150 * batch.Cent: "1.50", 12 * batch.Dollar: "12.00", 37_500: "0.0375", 1: "0.000001",
	} {
		rec := asked("q", "a")
		rec.Cost = cost
		if file := written(t, "answers.csv", oneColumn, rec); !strings.Contains(file, ","+want+",") {
			t.Errorf("%v: there is no %s in\n%s", cost, want, file)
		}
	}
}
