"""Takes the visitor's files, and gives him a list of them."""

import flet as ft


def main(page: ft.Page) -> None:
    page.title = "Files"
    names: list[str] = []

    async def choose() -> None:
        files = await picker.pick_files(allow_multiple=True)
        for file in files:
            bars[file.name] = ft.ProgressBar(value=0, semantics_label=f"Progress of {file.name}")
            notes[file.name] = ft.Text("waiting")
            name = ft.Text(file.name, weight=ft.FontWeight.BOLD)
            listing.controls.append(ft.Column([name, bars[file.name], notes[file.name]]))
        page.update()
        await picker.upload(
            [
                ft.FilePickerUploadFile(id=file.id, name=file.name, upload_url=page.get_upload_url(file.name, 600))
                for file in files
            ]
        )

    def uploading(event: ft.FilePickerUploadEvent) -> None:
        note = notes[event.file_name]
        if event.error:
            note.value = f"Not uploaded: {event.error}"
            note.color = ft.Colors.ERROR
        else:
            bars[event.file_name].value = event.progress
            note.value = f"{event.progress:.0%}"
            if event.progress == 1:
                names.append(event.file_name)

    async def save() -> None:
        await picker.save_file(file_name="list.txt", src_bytes="\n".join(names).encode() or b"nothing yet")

    async def read() -> None:
        await ft.UrlLauncher().launch_url("/help.txt", web_only_window_name="_blank")

    picker = ft.FilePicker(on_upload=uploading)
    bars: dict[str, ft.ProgressBar] = {}
    notes: dict[str, ft.Text] = {}
    listing = ft.Column()
    page.add(
        ft.Row(
            [
                ft.FilledButton("Choose files", icon=ft.Icons.UPLOAD, on_click=choose),
                ft.OutlinedButton("Save the list", icon=ft.Icons.DOWNLOAD, on_click=save),
                ft.TextButton("Help", on_click=read),
            ]
        ),
        listing,
    )


ft.run(main, upload_dir="uploads")
