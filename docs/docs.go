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

// Topics returns the topics that have a page, in alphabetical order.
func Topics() []string {
	entries, _ := files.ReadDir(".") // an embedded folder can be read
	var topics []string
	for _, e := range entries {
		topics = append(topics, strings.TrimSuffix(e.Name(), ".md"))
	}
	return topics
}
