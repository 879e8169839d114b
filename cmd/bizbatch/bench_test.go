//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	openai "github.com/sashabaranov/go-openai"
	"golang.org/x/sync/errgroup"

	"bizbatch/batch"
	"bizbatch/batch/bizora"
	"bizbatch/checkpoint"
	"bizbatch/internal/sandbox"
)

// BenchmarkRun compares a whole run, every answer with its sources and on
// disk, with the bare loop that one would write first: go-openai in an
// errgroup, which saves nothing. Both ask the sandbox, without latency, in
// this process. The metric "of-bare" is the run's throughput as a share of the
// bare loop's.
//
//	go test ./cmd/bizbatch -run '^$' -bench Run -benchtime 3x
func BenchmarkRun(b *testing.B) {
	for _, shape := range []struct {
		name  string
		shape sandbox.Shape
		n     int
	}{{"short answers", sandbox.Short, 20_000}, {"recorded answers", sandbox.Recorded, 2_000}} {
		b.Run(shape.name, func(b *testing.B) {
			server, err := sandbox.Start("", sandbox.Options{Shape: shape.shape})
			if err != nil {
				b.Fatal(err)
			}
			defer server.Close()
			var bare, run time.Duration
			for range b.N {
				bare += measure(func() { bareLoop(b, server.URL, shape.n) })
				run += measureRun(b, server.URL, shape.n)
			}
			b.ReportMetric(float64(shape.n*b.N)/bare.Seconds(), "bare-answers/s")
			b.ReportMetric(float64(shape.n*b.N)/run.Seconds(), "answers/s")
			b.ReportMetric(bare.Seconds()/run.Seconds(), "of-bare")
		})
	}
}

const benchWorkers = 64

func measure(f func()) time.Duration {
	runtime.GC()
	start := time.Now()
	f()
	return time.Since(start)
}

func bareLoop(b *testing.B, url string, n int) {
	config := openai.DefaultConfig("key")
	config.BaseURL = url
	client := openai.NewClientWithConfig(config)
	var g errgroup.Group
	g.SetLimit(benchWorkers)
	for i := range n {
		g.Go(func() error {
			stream, err := client.CreateChatCompletionStream(context.Background(), openai.ChatCompletionRequest{
				Model: "bizora-1.0", Stream: true,
				Messages: []openai.ChatCompletionMessage{{Role: "human", Content: benchQuestion(i)}},
			})
			if err != nil {
				return err
			}
			defer stream.Close()
			for {
				if _, err := stream.Recv(); errors.Is(err, io.EOF) {
					return nil
				} else if err != nil {
					return err
				}
			}
		})
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
}

func measureRun(b *testing.B, url string, n int) time.Duration {
	store, err := checkpoint.Open(filepath.Join(b.TempDir(), "bench.bizbatch"), checkpoint.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	_, err = batch.Import(store, func(yield func(batch.Question, error) bool) {
		for i := range n {
			q := batch.Question{ID: fmt.Sprint(i), Line: i + 2, Text: benchQuestion(i), Fields: []byte("[]")}
			if !yield(q, nil) {
				return
			}
		}
	}, batch.ImportOptions{})
	if err != nil {
		b.Fatal(err)
	}
	client, err := bizora.New(bizora.Config{BaseURL: url, Key: "key"})
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	return measure(func() {
		sum, err := batch.Run(context.Background(), store, client, batch.Options{Workers: benchWorkers})
		if err != nil || sum.Answered != n {
			b.Fatalf("answered %d of %d: %v", sum.Answered, n, err)
		}
	})
}

func benchQuestion(i int) string {
	return fmt.Sprintf("Question %d: how is this situation of a client, with this and that and a few details more, taxed in %d?", i, 1990+i%35)
}

// BenchmarkMillionRows measures the command on an input of a million rows:
// planning, running (10,000 of them asked), resuming with everything there is
// to do done, and exporting. For each, seconds and peak resident memory.
//
//	go test ./cmd/bizbatch -run '^$' -bench MillionRows -benchtime 1x -timeout 30m
func BenchmarkMillionRows(b *testing.B) {
	const rows, asked = 1_000_000, 10_000
	server, err := sandbox.Start("", sandbox.Options{Shape: sandbox.Short})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	dir := b.TempDir()
	bin := filepath.Join(dir, "bizbatch")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	input := filepath.Join(dir, "questions.csv")
	if err := writeQuestions(input, rows); err != nil {
		b.Fatal(err)
	}
	for range b.N {
		step := func(name string, args ...string) {
			cmd := exec.Command(bin, args...)
			cmd.Env = append(os.Environ(), "BIZORA_API_KEY=key", "BIZORA_API_URL="+server.URL)
			start := time.Now()
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("%v: %v\n%s", args, err, out)
			}
			b.ReportMetric(time.Since(start).Seconds(), name+"-s")
			peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
			b.ReportMetric(float64(peak)/maxrssPerMB(), name+"-MB")
		}
		step("plan", "run", input, "--dry-run", "--quiet")
		step("run", "run", input, "--limit", fmt.Sprint(asked), "--workers", "64", "--quiet")
		step("resume", "run", input, "--limit", "1", "--quiet")
		step("export", "export", input+".bizbatch", "--out", filepath.Join(dir, "out.jsonl"), "--force", "--quiet")
		if err := os.Remove(input + ".bizbatch"); err != nil {
			b.Fatal(err)
		}
	}
}

// maxrssPerMB: Linux counts in KB, macOS in bytes.
func maxrssPerMB() float64 {
	if runtime.GOOS == "darwin" {
		return 1 << 20
	}
	return 1 << 10
}

func writeQuestions(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "id,client,question")
	for i := range n {
		fmt.Fprintf(w, "%d,Client %d,\"%s\"\n", i+1, i%5000, benchQuestion(i))
	}
	return errors.Join(w.Flush(), f.Close())
}
