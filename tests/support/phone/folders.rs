//! The folder commands of a phone: it changes its copy when the server says yes, as a phone does.

use airgate_codec::eas::folder_sync::{Folder, FolderType};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::{folder_create, folder_delete, folder_update};

use super::{Phone, Trouble};

impl Phone {
    /// The id a parent is named by: the root for an empty name.
    fn parent_id(&self, parent: &str) -> String {
        match parent {
            "" => "0".to_owned(),
            parent => self.id(parent),
        }
    }

    /// Makes a mail folder and insists that it worked; gives its id.
    pub async fn create_folder(&mut self, parent: &str, name: &str) -> String {
        let parent = self.parent_id(parent);
        let response = self
            .try_create_folder(&parent, name, FolderType::UserMail)
            .await
            .expect("an answer to FolderCreate");
        assert_eq!(response.status, 1, "FolderCreate {name:?}: {response:?}");
        response.server_id.expect("success has an id")
    }

    /// Makes a folder below that parent id.
    ///
    /// # Errors
    /// No answer, or not 200.
    pub async fn try_create_folder(
        &mut self,
        parent: &str,
        name: &str,
        kind: FolderType,
    ) -> Result<folder_create::Response, Trouble> {
        let request = folder_create::Request {
            sync_key: self.memory.folder_key.clone(),
            parent_id: parent.to_owned(),
            display_name: name.to_owned(),
            kind,
        };
        let body = request.write(self.version());
        let answer = self.command(CommandName::FolderCreate, body).await?;
        let response = folder_create::Response::read(&answer.body).expect("FolderCreate");
        assert_eq!(response.status == 1, response.sync_key.is_some());
        assert_eq!(response.status == 1, response.server_id.is_some());
        if let (Some(key), Some(id)) = (&response.sync_key, &response.server_id) {
            self.memory.folder_key.clone_from(key);
            let folder = Folder {
                server_id: id.clone(),
                parent_id: parent.to_owned(),
                display_name: name.to_owned(),
                kind,
            };
            let before = self.memory.folders.insert(id.clone(), folder);
            if let Some(before) = before {
                let text = format!("a new folder has the id of {}", before.display_name);
                self.memory.surprises.push(text);
            }
        }
        Ok(response)
    }

    /// Renames or moves a folder and insists that it worked.
    pub async fn update_folder(&mut self, folder: &str, parent: &str, name: &str) {
        let (id, parent) = (self.id(folder), self.parent_id(parent));
        let response = self
            .try_update_folder(&id, &parent, name)
            .await
            .expect("an answer to FolderUpdate");
        assert_eq!(response.status, 1, "FolderUpdate {folder:?}: {response:?}");
    }

    /// # Errors
    /// No answer, or not 200.
    pub async fn try_update_folder(
        &mut self,
        id: &str,
        parent: &str,
        name: &str,
    ) -> Result<folder_update::Response, Trouble> {
        let request = folder_update::Request {
            sync_key: self.memory.folder_key.clone(),
            server_id: id.to_owned(),
            parent_id: parent.to_owned(),
            display_name: name.to_owned(),
        };
        let body = request.write(self.version());
        let answer = self.command(CommandName::FolderUpdate, body).await?;
        let response = folder_update::Response::read(&answer.body).expect("FolderUpdate");
        assert_eq!(response.status == 1, response.sync_key.is_some());
        if let Some(key) = &response.sync_key {
            self.memory.folder_key.clone_from(key);
            if let Some(folder) = self.memory.folders.get_mut(id) {
                parent.clone_into(&mut folder.parent_id);
                name.clone_into(&mut folder.display_name);
            }
        }
        Ok(response)
    }

    /// Deletes a folder and insists that it worked.
    pub async fn delete_folder(&mut self, folder: &str) {
        let id = self.id(folder);
        let response = self
            .try_delete_folder(&id)
            .await
            .expect("an answer to FolderDelete");
        assert_eq!(response.status, 1, "FolderDelete {folder:?}: {response:?}");
    }

    /// # Errors
    /// No answer, or not 200.
    pub async fn try_delete_folder(
        &mut self,
        id: &str,
    ) -> Result<folder_delete::Response, Trouble> {
        let request = folder_delete::Request {
            sync_key: self.memory.folder_key.clone(),
            server_id: id.to_owned(),
        };
        let body = request.write(self.version());
        let answer = self.command(CommandName::FolderDelete, body).await?;
        let response = folder_delete::Response::read(&answer.body).expect("FolderDelete");
        assert_eq!(response.status == 1, response.sync_key.is_some());
        if let Some(key) = &response.sync_key {
            self.memory.folder_key.clone_from(key);
            self.memory.drop_folder(id);
        }
        Ok(response)
    }
}
