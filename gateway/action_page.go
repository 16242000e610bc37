package gateway

import (
	"net/http"
	"time"

	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

// actionPage is what the page of an action shows.
type actionPage struct {
	status    int
	Language  string
	Heading   string
	Text      string
	Label     string // of the button; without one, there is no button
	Until     *pageTime
	UntilText string
	About     string
}

// pageTime is a time for people and for machines.
type pageTime struct{ Human, Machine string }

func newPageTime(t time.Time) *pageTime {
	t = t.UTC()
	return &pageTime{t.Format("02.01.2006 15:04 MST"), t.Format(time.RFC3339)}
}

// pageOf shows where an action stands.
func pageOf(action *notificationv1.Action) actionPage {
	language, known := languageOf(action.GetLanguageCode())
	if !known {
		language = defaultLanguage
	}
	texts := textsOf[language]
	p := actionPage{status: http.StatusOK, Language: language, Heading: action.GetTitle(), About: action.GetAbout()}
	switch action.GetState() {
	case notificationv1.Action_AVAILABLE:
		p.Text, p.Label, p.UntilText = texts.question, action.GetLabel(), texts.until
		if p.Label == "" {
			p.Label = action.GetChoice()
		}
		if action.GetExpireTime() != nil {
			p.Until = newPageTime(action.GetExpireTime().AsTime())
		}
	case notificationv1.Action_TAKEN:
		p.Text = action.GetConfirmation()
	case notificationv1.Action_EXPIRED:
		p.status, p.Heading, p.Text = http.StatusGone, texts.expired, texts.help
	case notificationv1.Action_SUPERSEDED:
		p.status, p.Heading, p.Text = http.StatusGone, texts.superseded, texts.help
	default:
		return unavailablePage(language)
	}
	return p
}

func unknownLinkPage(language string) actionPage {
	texts := textsOf[language]
	return actionPage{status: http.StatusNotFound, Language: language, Heading: texts.unknown, Text: texts.unknownHelp}
}

func refusedPage(language string) actionPage {
	texts := textsOf[language]
	return actionPage{status: http.StatusConflict, Language: language, Heading: texts.failed, Text: texts.failedHelp}
}

func unavailablePage(language string) actionPage {
	texts := textsOf[language]
	return actionPage{status: http.StatusServiceUnavailable, Language: language, Heading: texts.later, Text: texts.again}
}
