package gateway

import "strings"

// actionTexts are what an action's page says beside what the action itself says.
type actionTexts struct {
	question, until                  string // before it is taken
	expired, superseded, help        string
	unknown, unknownHelp             string
	failed, failedHelp, later, again string
}

// defaultLanguage is for those whose language there is not.
const defaultLanguage = "en"

var textsOf = map[string]actionTexts{
	"en": {
		question: "Press the button to make this choice.", until: "Possible until",
		expired: "The time to choose is over", superseded: "This has been decided already",
		help:    "You need not do anything. If you want it otherwise, please reply to our message.",
		unknown: "We do not know this link", unknownHelp: "Please open it from our message again, and make sure that it is whole.",
		failed: "This choice can’t be made now", failedHelp: "Please reply to our message, and we will take care of it.",
		later: "This does not work right now", again: "Nothing has been decided yet. Please try again in a minute.",
	},
	"ru": {
		question: "Нажмите кнопку, чтобы выбрать это.", until: "Можно до",
		expired: "Время выбора истекло", superseded: "Это уже решено",
		help:    "Вам ничего не нужно делать. Если вы хотите иначе, ответьте на наше сообщение.",
		unknown: "Мы не знаем этой ссылки", unknownHelp: "Откройте её ещё раз из нашего сообщения и проверьте, что она целая.",
		failed: "Сейчас это выбрать нельзя", failedHelp: "Ответьте на наше сообщение, и мы всё уладим.",
		later: "Сейчас не получается", again: "Пока ничего не решено. Попробуйте ещё раз через минуту.",
	},
	"uk": {
		question: "Натисніть кнопку, щоб обрати це.", until: "Можна до",
		expired: "Час на вибір минув", superseded: "Це вже вирішено",
		help:    "Вам нічого не потрібно робити. Якщо ви хочете інакше, дайте відповідь на наше повідомлення.",
		unknown: "Ми не знаємо цього посилання", unknownHelp: "Відкрийте його ще раз із нашого повідомлення й перевірте, чи воно ціле.",
		failed: "Зараз це обрати не можна", failedHelp: "Дайте відповідь на наше повідомлення, і ми все владнаємо.",
		later: "Зараз не виходить", again: "Поки нічого не вирішено. Спробуйте ще раз за хвилину.",
	},
}

// languageOf is the language that there is for a tag such as "uk-UA".
func languageOf(tag string) (string, bool) {
	language, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	_, known := textsOf[language]
	return language, known
}

// preferred is the language that a browser likes best of those that there are.
func preferred(accept []string) string {
	best, weight := defaultLanguage, 0.0
	for item := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		tag, params, _ := strings.Cut(item, ";")
		if language, known := languageOf(tag); known && quality(params) > weight {
			best, weight = language, quality(params)
		}
	}
	return best
}
