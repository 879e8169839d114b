package terminal

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPage(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"words", "The quick brown fox jumps over the lazy dog.", "The quick brown fox\njumps over the lazy\ndog."},
		{"blank lines stay", "one\n\n\ntwo", "one\n\n\ntwo"},
		{"a list hangs", "- the first item of a list", "- the first item of\n  a list"},
		{"a numbered list hangs", "  10. the first item of a list", "  10. the first item\n      of a list"},
		{"a source hangs", "[1] Treas. Reg. § 1.263(a)-3", "[1] Treas. Reg. §\n    1.263(a)-3"},
		{"a long word has a line of its own", "see https://sources.example.com/irs/p946.pdf here", "see\nhttps://sources.example.com/irs/p946.pdf\nhere"},
		{"wide characters count twice", "日本語 日本語 日本語 日本", "日本語 日本語 日本語\n日本"},
		{"strong type", "a **very strong** word", "a <very strong>\nword"},
		{"strong type over two lines", "It is a **very strong word**", "It is a <very\nstrong word>"},
		{"a star is a star", "2 * 3 ** 4", "2 * 3 ** 4"},
		{"a heading", "## General rule", "<General rule>"},
		{"a table keeps its lines", "| one | two | three | four |", "| one | two | three | four |"},
		{"code keeps its lines", "```\nx := 1 // **no** comment, however long\n```\n**x**", "```\nx := 1 // **no** comment, however long\n```\n<x>"},
		{"no control characters", "a\x1b[1mb\u202ec\r\nd", "a [1mb c\nd"},
	} {
		var b strings.Builder
		p := &Page{w: &b, width: 20, bold: true}
		p.Text(tt.text)
		got := strings.NewReplacer("\x1b[1m", "<", "\x1b[0m", ">").Replace(b.String())
		if diff := cmp.Diff(tt.want+"\n", got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// Where it is no terminal, Markdown stays as it is.
func TestPlainPage(t *testing.T) {
	const text = "# A **strong** heading\n\n- an item of a list that is longer than a line on any terminal would ever be, and then some"
	var b strings.Builder
	NewPage(&b).Text(text)
	if diff := cmp.Diff(text+"\n", b.String()); diff != "" {
		t.Error(diff)
	}
}
