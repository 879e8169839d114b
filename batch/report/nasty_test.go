package report_test

import (
	"fmt"
	"strings"
)

// nastyStrings are what answers and questions must survive: each of nasty, what
// spreadsheets run, what browsers run, every character that programs stumble
// over, alone and in the middle of a text.
var nastyStrings = func() []string {
	list := append([]string{}, nasty...)
	list = append(list,
		"=1+1", "+1", "-1", "@SUM(A1)", `=HYPERLINK("https://x.example","pay")`, `=cmd|' /C calc'!A0`, "\t=1", " =1", "＝1+1", "'=1", "=", "-", "+",
		"_x0041_", "_x005F_", "_x005F_x0041_", "__x000D__", "_x000g_", "_xABCD", "x_x0041_y", "_x0041__x0042_", "_X0041_",
		"TRUE", "NaN", "1E400", "00123", "2025-04-15", "1/2", "12:30", "#REF!", "#N/A", "NULL", "None", "undefined", "true", "[]", "{}",
		"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "</style><script>alert(1)</script>", "<!-- ", "-->", "<![CDATA[", "]]>", "&amp;", "&#60;", "&", "<", ">", `"`, "'",
		"[x](javascript:alert(1))", "![x](https://x.example/a.png)", "`code`", "```\nopen", "# heading", "a\n===", "| a | b |\n|---|---|\n| 1 | 2 |", "[1]: https://x.example", "* * *", "**bold", "\\*",
		"{{.Answer}}", "${x}", "%s%d%n", "$(id)", "; DROP TABLE rows;--",
		"مرحبا بالعالم", "שלום עולם", "\u202eright to left\u202c", "\u2066isolated\u2069", "e\u0301", "\u00e9", "ﷺ", "Z̸̛͔a̷͍l̶g̶o̷", "\u200b", "\u200d", "\u00ad", "\u00a0", "\u3000",
		"👩‍👩‍👧‍👦", "🏳️‍🌈", "💰💰", "🇺🇸", "\U0001F9FE", "\U0010FFFF", "\U0001D49C", "\ue000", "\ufffd", "\ufffe", "\uffff", "\ufdd0",
		strings.Repeat("x", 256), strings.Repeat("long ", 500), strings.Repeat("\n", 300), strings.Repeat("€", 10_000), "a"+strings.Repeat(" ", 50)+"b",
	)
	for c := rune(0); c < 0x20; c++ { // control characters
		list = append(list, string(c), "a"+string(c)+"b", string(c)+string(c))
	}
	for c := rune(0x7f); c <= 0xa0; c++ {
		list = append(list, "a"+string(c)+"b")
	}
	for c := rune(0x2000); c <= 0x206f; c++ { // spaces, marks of direction, joiners
		list = append(list, string(c)+"x")
	}
	for c := '!'; c <= '~'; c++ { // what a text can begin with
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", c) {
			list = append(list, string(c)+"x", string(c)+" x")
		}
	}
	for _, lone := range []string{"\xff", "a\xc3", "\xed\xa0\x80", "\xf8\x88\x80\x80\x80", "\xc0\xaf"} { // not UTF-8; a lone surrogate
		list = append(list, lone, "a"+lone+"b")
	}
	for i := range 128 {
		list = append(list, fmt.Sprintf("%c%c%c", 0x1f300+i, '=', 0x10000+i*7))
	}
	return list
}()
