"""The interface in other languages: what people read most, in German, simplified Chinese and Japanese.

Blender falls back to English for what is not here; labels of operators have the context "Operator".
"""

from __future__ import annotations

OPERATOR, ANY = "Operator", "*"

_TABLE: dict[tuple[str, str], tuple[str, str, str]] = {
    # what Blender looks up: German, simplified Chinese, Japanese
    (OPERATOR, "Trace World"): ("Welt nachzeichnen", "追踪世界", "ワールドをトレース"),
    (ANY, "Trace World"): ("Welt nachzeichnen", "追踪世界", "ワールドをトレース"),
    (OPERATOR, "Cancel Trace"): ("Nachzeichnen abbrechen", "取消追踪", "トレースを中止"),
    (OPERATOR, "Seed Sweep"): ("Mehrere Startwerte", "种子对比", "シードを比較"),
    (OPERATOR, "Keep This Variant"): ("Diese Variante behalten", "保留此变体", "このバリエーションを残す"),
    (OPERATOR, "Trace Folder"): ("Ordner nachzeichnen", "追踪文件夹", "フォルダーをトレース"),
    (OPERATOR, "Import Stack"): ("Ebenenstapel importieren", "导入图层堆栈", "レイヤースタックをインポート"),
    (OPERATOR, "Use Trace Camera"): ("Kamera des Bildes benutzen", "使用图像相机", "画像のカメラを使用"),
    (OPERATOR, "Rebuild from Stack"): ("Aus Stapel neu aufbauen", "从堆栈重建", "スタックから再構築"),
    (OPERATOR, "Delete Trace"): ("Nachzeichnung löschen", "删除追踪", "トレースを削除"),
    (OPERATOR, "Install Backend"): ("Backend installieren", "安装后端", "バックエンドをインストール"),
    (OPERATOR, "Cancel Installation"): ("Installation abbrechen", "取消安装", "インストールを中止"),
    (OPERATOR, "Remove Backend"): ("Backend entfernen", "移除后端", "バックエンドを削除"),
    (OPERATOR, "Check Backend"): ("Backend prüfen", "检查后端", "バックエンドを確認"),
    (OPERATOR, "Unload Model"): ("Modell entladen", "卸载模型", "モデルを解放"),
    (OPERATOR, "Open Log"): ("Protokoll öffnen", "打开日志", "ログを開く"),
    (OPERATOR, "Download Model"): ("Modell herunterladen", "下载模型", "モデルをダウンロード"),
    (OPERATOR, "Verify Model"): ("Modell prüfen", "校验模型", "モデルを検証"),
    (OPERATOR, "Delete Model"): ("Modell löschen", "删除模型", "モデルを削除"),
    (OPERATOR, "Move Models"): ("Modelle verschieben", "移动模型", "モデルを移動"),
    (OPERATOR, "Mask from Box"): ("Maske aus Rahmen", "框选遮罩", "枠からマスク"),
    (OPERATOR, "Paint Mask"): ("Maske malen", "绘制遮罩", "マスクを描く"),
    (OPERATOR, "Paste Image"): ("Bild einfügen", "粘贴图像", "画像を貼り付け"),
    (OPERATOR, "Make Solid"): ("Volumenkörper erstellen", "生成实体", "ソリッドを作成"),
    (OPERATOR, "Reduce Faces"): ("Flächen verringern", "减少面数", "面を減らす"),
    (OPERATOR, "Set Scale"): ("Maßstab setzen", "设置比例", "縮尺を設定"),
    (OPERATOR, "Ground"): ("Auf den Boden stellen", "对齐地面", "床に合わせる"),
    (OPERATOR, "Use Known Camera"): ("Bekannte Kamera benutzen", "使用已知相机", "既知のカメラを使用"),
    (OPERATOR, "Fill Hidden Colour"): ("Verdecktes einfärben", "填充隐藏面颜色", "隠れた面の色を補う"),
    (OPERATOR, "Find Sky"): ("Himmel suchen", "查找天空", "空を検出"),
    (OPERATOR, "Mark Selected as Sky"): (
        "Auswahl als Himmel markieren",
        "将所选标记为天空",
        "選択を空にする",
    ),
    (OPERATOR, "Select Sky"): ("Himmel auswählen", "选择天空", "空を選択"),
    (OPERATOR, "Select Pixels Under Mask"): (
        "Pixel unter der Maske auswählen",
        "选择遮罩下的像素",
        "マスク下のピクセルを選択",
    ),
    (OPERATOR, "Select Same Pixel Through All Layers"): (
        "Gleiches Pixel in allen Ebenen auswählen",
        "选择所有图层中的同一像素",
        "全レイヤーの同じピクセルを選択",
    ),
    (OPERATOR, "Export Stack"): (
        "Ebenenstapel exportieren",
        "导出图层堆栈",
        "レイヤースタックをエクスポート",
    ),
    (ANY, "Hidden Colour"): ("Farbe des Verdeckten", "隐藏面颜色", "隠れた面の色"),
    (ANY, "Lit"): ("Beleuchtet", "受光照", "照明あり"),
    (ANY, "Leave Out Sky"): ("Himmel weglassen", "去除天空", "空を除く"),
    (ANY, "Sky Mask"): ("Himmelsmaske", "天空遮罩", "空のマスク"),
    (ANY, "Traces"): ("Nachzeichnungen", "追踪列表", "トレース一覧"),
    (ANY, "Selected Layer"): ("Ausgewählte Ebene", "所选图层", "選択中のレイヤー"),
    (ANY, "Mask"): ("Maske", "遮罩", "マスク"),
    (ANY, "Fit"): ("Einpassung", "适配", "フィット"),
    (ANY, "Model's Own"): ("Wie im Modell", "模型默认", "モデルの既定"),
    (ANY, "Stretch"): ("Strecken", "拉伸", "引き伸ばし"),
    (ANY, "Output"): ("Ausgabe", "输出", "出力"),
    (ANY, "Layered Mesh"): ("Mesh je Ebene", "分层网格", "レイヤーメッシュ"),
    (ANY, "Fill Hidden Colour"): ("Verdecktes einfärben", "填充隐藏面颜色", "隠れた面の色を補う"),
    (ANY, "Show Layers"): ("Gezeigte Ebenen", "显示图层数", "表示レイヤー数"),
    (ANY, "Tear"): ("Trennung", "撕裂阈值", "切断しきい値"),
    (ANY, "Grazing Angle"): ("Streifwinkel", "掠射角", "すれすれ角"),
    (ANY, "Smallest Island"): ("Kleinste Insel", "最小孤岛", "最小アイランド"),
    (ANY, "Use Existing Python"): ("Vorhandenes Python benutzen", "使用现有 Python", "既存の Python を使用"),
    (ANY, "Folder of Wheels"): ("Ordner mit Wheels", "Wheel 文件夹", "Wheel フォルダー"),
    (ANY, "Models Folder"): ("Ordner für Modelle", "模型文件夹", "モデルのフォルダー"),
    (ANY, "Package Index"): ("Paketindex", "软件包索引", "パッケージインデックス"),
    (ANY, "PyTorch Build"): ("PyTorch-Ausführung", "PyTorch 版本", "PyTorch のビルド"),
}
LOCALES = ("de_DE", "zh_HANS", "ja_JP")


def table() -> dict[str, dict[tuple[str, str], str]]:
    """The table as `bpy.app.translations.register` takes it."""
    return {
        locale: {key: texts[index] for key, texts in _TABLE.items()} for index, locale in enumerate(LOCALES)
    }
