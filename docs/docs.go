// Package docs holds the pages of the manual, for bizbatch help.
package docs

import (
	"embed"
	"strings"
)

//go:embed *.md
var files embed.FS

// Page returns the page about a topic, such as "money", in Markdown, and
// reports whether there is one. Its file has the topic's name.
func Page(topic string) (text string, ok bool) {
	b, err := files.ReadFile(topic + ".md")
	return string(b), err == nil
}

// Topics returns the topics that have a page, in alphabetical order, each with
// the title of its page.
func Topics() [][2]string {
	entries, _ := files.ReadDir(".") // an embedded folder can be read
	var list [][2]string
	for _, e := range entries {
		topic := strings.TrimSuffix(e.Name(), ".md")
		text, _ := Page(topic)
		title, _, _ := strings.Cut(text, "\n")
		list = append(list, [2]string{topic, strings.TrimPrefix(title, "# ")})
	}
	return list
}
