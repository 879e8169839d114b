package question

import (
	"bytes"
	"compress/gzip"
	"testing"

	"bizbatch/batch"
)

func gzipped(t testing.TB, content string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCompressedFilesAreReadAsWhatTheyHold(t *testing.T) {
	for _, tt := range []struct {
		name, content string
		asked         batch.Format
		format        batch.Format
		delimiter     string
	}{
		{name: "q.csv.gz", content: "id,question\n7,Is it taxable?\n", format: batch.CSV},
		{name: "q.csv.gz", content: "\xEF\xBB\xBFid,question\n7,Is it taxable?\n", format: batch.CSV},
		{name: "q.tsv.gz", content: "id\tquestion\n7\tIs it taxable?\n", format: batch.CSV, delimiter: "\t"},
		{name: "q.JSONL.GZ", content: `{"id":7,"question":"Is it taxable?"}`, format: batch.JSONL},
		{name: "q.csv", content: "id,question\n7,Is it taxable?\n", format: batch.CSV}, // whatever its name
		{name: "q.gz", content: `{"id":"7","question":"Is it taxable?"}`, asked: batch.JSONL, format: batch.JSONL},
	} {
		t.Run(tt.name, func(t *testing.T) {
			questions, in, err := read(t, tt.name, gzipped(t, tt.content), Options{Format: tt.asked})
			if err != nil {
				t.Fatal(err)
			}
			if len(questions) != 1 || questions[0].ID != "7" || questions[0].Text != "Is it taxable?" {
				t.Errorf("read %+v", questions)
			}
			if in.Format != tt.format || in.Delimiter != tt.delimiter {
				t.Errorf("read as %s with delimiter %q, want %s and %q", in.Format, in.Delimiter, tt.format, tt.delimiter)
			}
		})
	}
}

// TestACompressedFileIsWholeOrAnError cuts one at every byte and flips some:
// no question of a file that is not whole is asked.
func TestACompressedFileIsWholeOrAnError(t *testing.T) {
	content := gzipped(t, "question\nIs it taxable?\nAnd is that?\n")
	for n := 1; n < len(content); n++ {
		if _, _, err := read(t, "q.csv.gz", content[:n], Options{}); err == nil {
			t.Errorf("cut after %d of %d bytes: no error", n, len(content))
		}
	}
	_, _, err := read(t, "q.csv.gz", content[:len(content)-9], Options{})
	checkError(t, err, "q.csv.gz is a gzip file that is cut short", "copied")
	_, _, err = read(t, "q.csv.gz", content[:len(content)-6]+"xxxxxx", Options{})
	checkError(t, err, "q.csv.gz is a damaged gzip file (gzip: invalid checksum)", "again")
	_, _, err = read(t, "q.csv.gz", gzipped(t, ""), Options{})
	checkError(t, err, "q.csv.gz:1: the file is empty", "")
}
