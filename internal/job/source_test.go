package job

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"bizbatch/batch"
	"bizbatch/batch/question"
	"bizbatch/internal/terminal"
)

// An echo answers with the question.
type echo struct{}

func (echo) Ask(_ context.Context, req batch.Request) (batch.Answer, error) {
	var body struct{ Messages []batch.Message }
	err := json.Unmarshal(req.Payload, &body)
	return batch.Answer{Text: "about " + body.Messages[0].Content, FinishReason: "stop"}, err
}

// workbook writes a workbook of questions, as a program does that saves it.
func workbook(t *testing.T, path string, questions ...string) {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, q := range append([]string{"question"}, questions...) {
		name, err := excelize.CoordinatesToCellName(1, i+1)
		if err == nil {
			err = f.SetCellStr("Sheet1", name, q)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SaveAs(path + ".new.xlsx"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new.xlsx", path); err != nil {
		t.Fatal(err)
	}
}

// A workbook that somebody sorts and saves while it is read gets no answer beside
// another question, and the next run reads it again.
func TestAWorkbookThatIsSavedWhileItIsRead(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "q.xlsx")
	run := func(connected func()) {
		t.Helper()
		err := Run(Options{
			File: file, Checkpoint: file + ".bizbatch", Command: []string{"bizbatch"}, NoReuse: true,
			Connect: func(context.Context) (Service, error) {
				connected()
				return Service{Endpoint: "https://api.example", Asker: echo{}, Idle: func() {}, Close: func() {}}, nil
			},
			Printer: terminal.New(io.Discard, io.Discard, terminal.Options{Interval: time.Minute}),
		})
		if err != nil {
			t.Fatal(err)
		}
		_, rows, err := question.ReadTable(filepath.Join(dir, "q.answers.xlsx"), "answer")
		if err != nil || len(rows) != 2 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, row := range rows {
			if row[1] != "about "+row[0] {
				t.Errorf("beside %q stands %q", row[0], row[1])
			}
		}
	}
	workbook(t, file, "alpha", "bravo")
	run(func() { workbook(t, file, "bravo", "charlie") })
	run(func() {})
	_, rows, _ := question.ReadTable(filepath.Join(dir, "q.answers.xlsx"), "answer")
	if got := rows[0][0] + " " + rows[1][0]; !strings.Contains(got, "charlie") {
		t.Errorf("the next run has the questions %s", got)
	}
}
