// Command checkanswers reads what a run wrote and fails unless every question
// of the input is answered, beside its unchanged columns.
//
//	go run .ci/checkanswers.go questions.csv questions.answers.csv
package main

import (
	"encoding/csv"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
)

func main() {
	log.SetFlags(0)
	questions, answers := read(os.Args[1]), read(os.Args[2])
	if len(questions) != len(answers) || len(questions) < 41 {
		log.Fatalf("%d rows of questions, %d of answers; want the same, at least 41", len(questions), len(answers))
	}
	n := len(questions[0])
	own := []string{"answer", "citations", "status", "error", "checks", "attempts", "seconds", "request_id", "cost", "answered"}
	if got := answers[0][n:]; !slices.Equal(got, own) {
		log.Fatalf("the columns after the input's are %q, want %q", got, own)
	}
	cited := 0
	for i, row := range answers {
		if !slices.Equal(row[:n], questions[i]) {
			log.Fatalf("row %d: %q, want it to begin with %q", i, row, questions[i])
		}
		if i == 0 {
			continue
		}
		answer, citations, status := row[n], row[n+1], row[n+2]
		if status != "answered" || answer == "" {
			log.Fatalf("row %d: status %q, answer %q", i, status, answer)
		}
		for k, line := range strings.Split(citations, "\n") {
			number := fmt.Sprintf("[%d]", k+1)
			if citations == "" || !strings.HasPrefix(line, number+" ") || !strings.Contains(answer, number) {
				log.Fatalf("row %d: citation %q of answer %q", i, line, answer)
			}
			cited++
		}
	}
	fmt.Printf("%d answers with %d citations\n", len(answers)-1, cited)
}

func read(path string) [][]string {
	f, err := os.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		log.Fatalf("%s: %v", path, err)
	}
	return rows
}
